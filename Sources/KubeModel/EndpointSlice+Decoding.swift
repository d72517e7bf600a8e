import NetworkTypes

extension EndpointSlice {
    private enum Keys: String, CodingKey { case metadata, addressType, endpoints, ports }
    private enum EndpointKeys: String, CodingKey { case addresses, conditions, nodeName, zone, hints }
    private enum ConditionKeys: String, CodingKey { case ready, serving, terminating }
    private enum HintKeys: String, CodingKey { case forZones, forNodes, name }
    private enum AddressType: String, CaseIterable {
        case ipv4 = "IPv4"
        case ipv6 = "IPv6"
        case fqdn = "FQDN"

        var family: IPFamily? { IPFamily(rawValue: rawValue) }
    }

    /// The label by which a slice belongs to its Service.
    private static let serviceLabel = "kubernetes.io/service-name"

    /// Reads an EndpointSlice; parameter and errors as for a Service.
    init(from decoder: any Decoder, remarks: inout [FieldRemark]) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        let metadata = try ObjectMetadata(in: fields, .metadata)
        guard let addressType = try fields.word(.addressType, as: AddressType.self) else {
            throw fields.error(.addressType, "is missing (IPv4, IPv6 or FQDN)")
        }
        let service = metadata.labels[Self.serviceLabel].flatMap { name in
            name.isEmpty ? nil : NamespacedName(namespace: metadata.namespace, name: name)
        }
        self.init(name: metadata.namespacedName, service: service, family: addressType.family)
        try fields.forEach(.ports, EndpointPort.Keys.self) { port in
            if let port = try EndpointPort(from: port) { ports.append(port) }
        }
        guard let family else { return }
        try fields.forEach(.endpoints, EndpointKeys.self) { entry in
            if let endpoint = try Self.endpoint(entry, family, &remarks) { endpoints.append(endpoint) }
        }
    }

    private static func endpoint(
        _ fields: KeyedDecodingContainer<EndpointKeys>, _ family: IPFamily, _ remarks: inout [FieldRemark]
    ) throws -> Endpoint? {
        guard let text = try fields.strings(.addresses).first else {
            let path = FieldPath(fields.codingPath + [EndpointKeys.addresses])
            remarks.append(FieldRemark(path: path, text: "is empty; the endpoint is passed over"))
            return nil
        }
        guard let address = IPAddress(text), address.family == family else {
            throw fields.error(.addresses, "\(quoted(text)) is not an \(family.rawValue) address")
        }
        if let use = address.specialUse { throw fields.error(.addresses, "\(address) is \(use), not an endpoint") }
        var endpoint = Endpoint(
            address: address, nodeName: try fields.decodeIfPresent(String.self, forKey: .nodeName),
            zone: try fields.decodeIfPresent(String.self, forKey: .zone))
        if let conditions = try fields.mapping(.conditions, ConditionKeys.self) {
            endpoint.ready = try conditions.decodeIfPresent(Bool.self, forKey: .ready) ?? true
            endpoint.serving = try conditions.decodeIfPresent(Bool.self, forKey: .serving) ?? true
            endpoint.terminating = try conditions.decodeIfPresent(Bool.self, forKey: .terminating) ?? false
        }
        if let hints = try fields.mapping(.hints, HintKeys.self) {
            try hints.forEach(.forZones, HintKeys.self) { endpoint.zoneHints.append(try $0.text(.name)) }
            try hints.forEach(.forNodes, HintKeys.self) { endpoint.nodeHints.append(try $0.text(.name)) }
        }
        return endpoint
    }
}

extension EndpointPort {
    enum Keys: String, CodingKey { case name, `protocol`, port }

    /// Reads a port of a slice or of a subset; nil where the entry has no number.
    init?(from fields: KeyedDecodingContainer<Keys>) throws {
        let name = try fields.portName(.name)
        let proto = try fields.transportProtocol(.protocol)
        guard let port = try fields.port(.port) else { return nil }
        self.init(name: name, proto: proto, port: port)
    }
}
