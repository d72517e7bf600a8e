import JSON
import NetworkTypes

// The parts of a configuration that results have too.

extension RouteConfiguration {
    private static let keys = ["dst", "gw", "mtu", "advmss", "priority", "table", "scope"]

    /// Reads `{"dst", "gw", "mtu", "advmss", "priority", "table", "scope"}`.
    package init(_ reader: ConfigurationReader) throws(CNIError) {
        try self.init(result: reader)
        if let gateway, gateway.family != destination.family {
            throw reader.failure("gw", "\(gateway) is not of the family of dst \(destination)")
        }
    }

    /// Reads the same from a result, where a route of one family through the other is somebody else's affair.
    init(result reader: ConfigurationReader) throws(CNIError) {
        guard let destination = try reader.cidr("dst") else { throw reader.failure("dst", "it is missing") }
        let number = 0...Int(UInt32.max)
        self.init(destination: destination.network, gateway: try reader.address("gw"))
        mtu = try reader.integer("mtu", in: number)
        advertisedMSS = try reader.integer("advmss", in: number)
        priority = try reader.integer("priority", in: number)
        // The kernel takes table 0 (unspecified) for the main one, and so does a result that does not name it.
        table = try reader.integer("table", in: number).flatMap { $0 == 0 ? nil : $0 }
        scope = try reader.integer("scope", in: 0...255)
        others = reader.object.without(Self.keys)
    }
}

extension DNSConfiguration {
    /// Reads `{"nameservers", "domain", "search", "options"}`.
    package init(_ reader: ConfigurationReader) throws(CNIError) {
        nameservers = try reader.strings("nameservers") ?? []
        domain = try reader.string("domain") ?? ""
        search = try reader.strings("search") ?? []
        options = try reader.strings("options") ?? []
    }

    /// Reads the `dns` capability, whose keys differ: `{"servers", "searches", "options"}`.
    package init(capability reader: ConfigurationReader) throws(CNIError) {
        nameservers = try reader.strings("servers") ?? []
        search = try reader.strings("searches") ?? []
        options = try reader.strings("options") ?? []
    }
}
