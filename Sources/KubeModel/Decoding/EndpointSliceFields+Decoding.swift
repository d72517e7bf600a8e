extension EndpointSliceFields {
    package init(_ fields: FieldReader) throws(FieldRemark) {
        metadata = try MetadataFields(in: fields)
        addressType = try fields.text("addressType")
        ports = try fields.list("ports", EndpointPortFields.init)
        // Of host names nothing is made.
        endpoints =
            addressType == "FQDN"
            ? try? fields.list("endpoints", Self.endpoint) : try fields.list("endpoints", Self.endpoint)
    }

    private static func endpoint(_ fields: FieldReader) throws(FieldRemark) -> Endpoint {
        var endpoint = Endpoint(addresses: try fields.texts("addresses"))
        // Of an endpoint without an address nothing is made.
        if endpoint.addresses?.first == nil { return endpoint }
        endpoint.nodeName = try fields.text("nodeName")
        endpoint.zone = try fields.text("zone")
        if let conditions = try fields.mapping("conditions") {
            do throws(FieldRemark) {
                endpoint.ready = try conditions.flag("ready")
                endpoint.serving = try conditions.flag("serving")
                endpoint.terminating = try conditions.flag("terminating")
            } catch {
                throw error.within(["conditions"])
            }
        }
        if let hints = try fields.mapping("hints") {
            do throws(FieldRemark) {
                endpoint.zoneHints = try hints.list("forZones", Self.name)
                endpoint.nodeHints = try hints.list("forNodes", Self.name)
            } catch {
                throw error.within(["hints"])
            }
        }
        return endpoint
    }

    private static func name(_ fields: FieldReader) throws(FieldRemark) -> String { try fields.text("name") ?? "" }
}

extension EndpointPortFields {
    init(_ fields: FieldReader) throws(FieldRemark) {
        self.init(
            name: try fields.text("name"), protocol: try fields.text("protocol"), port: try fields.number("port"))
    }
}
