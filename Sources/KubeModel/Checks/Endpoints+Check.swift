import NetworkTypes

extension Endpoints {
    /// The Endpoints object that fields make; errors as for any object.
    package init(_ fields: EndpointsFields) throws(FieldRemark) {
        self.init(name: try ObjectMetadata(fields.metadata).namespacedName)
        for (index, entry) in (fields.subsets ?? []).enumerated() {
            let path: FieldPath = ["subsets", .index(index)]
            var subset = Subset(endpoints: [], ports: [])
            for (number, address) in (entry.addresses ?? []).enumerated() {
                subset.endpoints.append(
                    try Self.endpoint(address, ready: true, at: path + ["addresses", .index(number), "ip"]))
            }
            for (number, address) in (entry.notReadyAddresses ?? []).enumerated() {
                subset.endpoints.append(
                    try Self.endpoint(address, ready: false, at: path + ["notReadyAddresses", .index(number), "ip"]))
            }
            for (number, port) in (entry.ports ?? []).enumerated() {
                let path = path + ["ports", .index(number)]
                guard let port = try EndpointPort(port, at: path) else {
                    throw FieldRemark(path: path + ["port"], text: "is missing")
                }
                subset.ports.append(port)
            }
            subsets.append(subset)
        }
    }

    private static func endpoint(
        _ fields: EndpointsFields.Address, ready: Bool, at path: @autoclosure () -> FieldPath
    ) throws(FieldRemark) -> Endpoint {
        let text = fields.ip ?? ""
        guard let address = IPAddress(text) else {
            throw FieldRemark(path: path(), text: "\(quoted(text)) is not an IP address")
        }
        if let use = address.specialUse {
            throw FieldRemark(path: path(), text: "\(address) is \(use), not an endpoint")
        }
        return Endpoint(address: address, ready: ready, serving: ready, nodeName: fields.nodeName)
    }
}
