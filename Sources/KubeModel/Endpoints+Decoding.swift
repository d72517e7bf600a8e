import NetworkTypes

extension Endpoints {
    private enum Keys: String, CodingKey { case metadata, subsets }
    private enum SubsetKeys: String, CodingKey { case addresses, notReadyAddresses, ports }
    private enum AddressKeys: String, CodingKey { case ip, nodeName }

    /// Reads an Endpoints object; errors as for a Service.
    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        self.init(name: try ObjectMetadata(in: fields, .metadata).namespacedName)
        try fields.forEach(.subsets, SubsetKeys.self) { entry in
            var subset = Subset(endpoints: [], ports: [])
            try entry.forEach(.addresses, AddressKeys.self) {
                subset.endpoints.append(try Self.endpoint($0, ready: true))
            }
            try entry.forEach(.notReadyAddresses, AddressKeys.self) {
                subset.endpoints.append(try Self.endpoint($0, ready: false))
            }
            try entry.forEach(.ports, EndpointPort.Keys.self) { port in
                guard let port = try EndpointPort(from: port) else { throw port.error(.port, "is missing") }
                subset.ports.append(port)
            }
            subsets.append(subset)
        }
    }

    private static func endpoint(_ fields: KeyedDecodingContainer<AddressKeys>, ready: Bool) throws -> Endpoint {
        let text = try fields.text(.ip)
        guard let address = IPAddress(text) else { throw fields.error(.ip, "\(quoted(text)) is not an IP address") }
        if let use = address.specialUse { throw fields.error(.ip, "\(address) is \(use), not an endpoint") }
        return Endpoint(
            address: address, ready: ready, serving: ready,
            nodeName: try fields.decodeIfPresent(String.self, forKey: .nodeName))
    }
}
