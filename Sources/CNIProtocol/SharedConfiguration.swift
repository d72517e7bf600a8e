import NetworkTypes

// The parts of a configuration that results have too.

extension RouteConfiguration {
    /// Reads `{"dst", "gw", "mtu", "advmss", "priority", "table", "scope"}`.
    package init(_ reader: ConfigurationReader) throws(CNIError) {
        guard let destination = try reader.cidr("dst") else { throw reader.failure("dst", "it is missing") }
        let number = 0...Int(UInt32.max)
        self.init(destination: destination.network, gateway: try reader.address("gw"))
        if let gateway, gateway.family != destination.family {
            throw reader.failure("gw", "\(gateway) is not of the family of dst \(destination)")
        }
        mtu = try reader.integer("mtu", in: number)
        advertisedMSS = try reader.integer("advmss", in: number)
        priority = try reader.integer("priority", in: number)
        // The kernel takes table 0 (unspecified) for the main one, and so does a result that does not name it.
        table = try reader.integer("table", in: number).flatMap { $0 == 0 ? nil : $0 }
        scope = try reader.integer("scope", in: 0...255)
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

extension AddResult {
    /// Reads a `prevResult` of version 0.3.0 or later.
    ///
    /// The versions' shapes differ only in what may be left out, so one reader serves them all.
    package init(_ reader: ConfigurationReader) throws(CNIError) {
        self.init()
        for entry in try reader.readers("interfaces") {
            let mac = try entry.string("mac") ?? ""
            interfaces.append(
                Interface(
                    name: try entry.string("name") ?? "", mac: MACAddress(mac),
                    mtu: try entry.integer("mtu", in: 0...Int(UInt32.max)),
                    sandbox: try entry.string("sandbox") ?? ""))
        }
        for entry in try reader.readers("ips") {
            guard let address = try entry.cidr("address") else { throw entry.failure("address", "it is missing") }
            addresses.append(
                Address(
                    interface: try entry.integer("interface", in: 0...Int(UInt16.max)), address: address,
                    gateway: try entry.address("gateway")))
        }
        for entry in try reader.readers("routes") { routes.append(try RouteConfiguration(entry)) }
        if let entry = try reader.reader("dns") { dns = try DNSConfiguration(entry) }
    }
}
