extension EndpointSliceFields: Decodable {
    private enum Keys: String, CodingKey { case metadata, addressType, endpoints, ports }
    private enum EndpointKeys: String, CodingKey { case addresses, conditions, nodeName, zone, hints }
    private enum ConditionKeys: String, CodingKey { case ready, serving, terminating }
    private enum HintKeys: String, CodingKey { case forZones, forNodes, name }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        metadata = try MetadataFields(in: fields, .metadata)
        addressType = try fields.text(.addressType)
        ports = try fields.list(.ports, EndpointPortFields.Keys.self) { try EndpointPortFields($0) }
        // Of host names nothing is made.
        endpoints =
            addressType == "FQDN"
            ? try? fields.list(.endpoints, EndpointKeys.self, Self.endpoint)
            : try fields.list(.endpoints, EndpointKeys.self, Self.endpoint)
    }

    private static func endpoint(_ fields: KeyedDecodingContainer<EndpointKeys>) throws -> Endpoint {
        var endpoint = Endpoint(addresses: try fields.texts(.addresses))
        // Of an endpoint without an address nothing is made.
        if endpoint.addresses?.first == nil { return endpoint }
        endpoint.nodeName = try fields.text(.nodeName)
        endpoint.zone = try fields.text(.zone)
        if let conditions = try fields.mapping(.conditions, ConditionKeys.self) {
            endpoint.ready = try conditions.flag(.ready)
            endpoint.serving = try conditions.flag(.serving)
            endpoint.terminating = try conditions.flag(.terminating)
        }
        if let hints = try fields.mapping(.hints, HintKeys.self) {
            endpoint.zoneHints = try hints.list(.forZones, HintKeys.self) { try $0.text(.name) ?? "" }
            endpoint.nodeHints = try hints.list(.forNodes, HintKeys.self) { try $0.text(.name) ?? "" }
        }
        return endpoint
    }
}

extension EndpointPortFields {
    enum Keys: String, CodingKey { case name, `protocol`, port }

    init(_ fields: KeyedDecodingContainer<Keys>) throws {
        self.init(name: try fields.text(.name), protocol: try fields.text(.protocol), port: try fields.number(.port))
    }
}
