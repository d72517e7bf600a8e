import JSON
import NetworkTypes

extension AddResult {
    /// Reads a result: a `prevResult`, or another plugin's output.
    ///
    /// - Parameter version: the version it is written in; nil for the one it names itself, or else the newest.
    /// - Throws: code 1 when it names a version that is not spoken here, 7 for an invalid value.
    package init(_ reader: ConfigurationReader, version: SpecVersion? = nil) throws(CNIError) {
        self.init()
        let stated = try Self.statedVersion(reader)
        if (version ?? stated ?? .newest).resultShape == .byFamily {
            for (key, family) in [("ip4", IPFamily.ipv4), ("ip6", .ipv6)] {
                guard let group = try reader.reader(key) else { continue }
                try appendGroup(group, of: family)
            }
        } else {
            for entry in try reader.readers("interfaces") { interfaces.append(try Interface(entry)) }
            for entry in try reader.readers("ips") {
                let address = try Address(entry)
                // An address plugin's result has no interfaces, and its numbers mean nothing.
                if let index = address.interface, !interfaces.isEmpty, !interfaces.indices.contains(index) {
                    throw entry.failure(
                        "interface", "\(index) is none of the \(interfaces.count) interfaces, which begin with 0")
                }
                addresses.append(address)
            }
            for entry in try reader.readers("routes") { routes.append(try RouteConfiguration(result: entry)) }
        }
        if let entry = try reader.reader("dns") { dns = try DNSConfiguration(entry) }
        others = reader.object.without(Self.keys)
    }

    /// The keys of all versions: one that is strange to a version must not turn up as another version's own.
    private static let keys = ["cniVersion", "interfaces", "ips", "routes", "dns", "ip4", "ip6"]

    /// Reads what another plugin has written on standard output.
    ///
    /// - Parameter version: the configuration's, which a result that names none has.
    /// - Throws: code 6 when it is no JSON object, 1 and 7 as above; `null` is an empty result.
    package init(output: [UInt8], version: SpecVersion) throws(CNIError) {
        switch try JSONValue(output, of: "the plugin's result") {
        case .null: self.init()
        case .object(let object):
            let reader = ConfigurationReader(object)
            try self.init(reader, version: try Self.statedVersion(reader) ?? version)
        case let value: throw CNIError(.undecodable, "the plugin's result is \(value.kind), not a JSON object")
        }
    }

    /// The version that a result names; nil when it names none, as results before 1.0.0 may.
    package static func statedVersion(_ reader: ConfigurationReader) throws(CNIError) -> SpecVersion? {
        guard let text = try reader.string("cniVersion"), !text.isEmpty else { return nil }
        return try SpecVersion.negotiate(text)
    }

    /// Reads `{"ip", "gateway", "routes"}`.
    private mutating func appendGroup(_ reader: ConfigurationReader, of family: IPFamily) throws(CNIError) {
        guard let address = try reader.cidr("ip") else { throw reader.failure("ip", "it is missing") }
        guard address.family == family else { throw reader.failure("ip", "\(address) is of the other family") }
        var entry = Address(address: address, gateway: try reader.address("gateway"))
        entry.others = reader.object.without(Address.keys)
        addresses.append(entry)
        for route in try reader.readers("routes") { routes.append(try RouteConfiguration(result: route)) }
    }
}

extension AddResult.Interface {
    fileprivate init(_ reader: ConfigurationReader) throws(CNIError) {
        self.init(
            name: try reader.string("name") ?? "", mac: nil, mtu: try reader.integer("mtu", in: 0...Int(UInt32.max)),
            sandbox: try reader.string("sandbox") ?? "")
        hardwareAddress = try reader.string("mac") ?? ""
        socketPath = try reader.string("socketPath") ?? ""
        pciID = try reader.string("pciID") ?? ""
        others = reader.object.without(["name", "mac", "mtu", "sandbox", "socketPath", "pciID"])
    }
}

extension AddResult.Address {
    fileprivate init(_ reader: ConfigurationReader) throws(CNIError) {
        guard let address = try reader.cidr("address") else { throw reader.failure("address", "it is missing") }
        self.init(
            interface: try reader.integer("interface", in: 0...Int(UInt16.max)), address: address,
            gateway: try reader.address("gateway"))
        others = reader.object.without(Self.keys)
    }

    /// The keys of all versions.
    fileprivate static let keys = ["version", "interface", "address", "gateway", "ip", "routes"]
}
