package import CNIProtocol
package import NetworkTypes

/// The `ipam` section: host-local's keys, and `exclude`.
package struct IPAMConfiguration: Sendable {
    /// One address is given from each.
    package let rangeSets: [RangeSet]
    /// Addresses and networks that no pod gets: those of `exclude`, and the gateways of all sets.
    package let excluded: [CIDR]
    package let routes: [RouteConfiguration]
    /// A file in resolv.conf's format for the result's `dns`; nil when none is named.
    package let resolvConf: String?

    package static let defaultDataDirectory = "/var/lib/cni/networks"

    /// The directory that holds a directory of leases for each network, absent keys and other errors disregarded.
    ///
    /// DEL and GC need no more than this, and must not fail because the rest has become invalid.
    package static func dataDirectory(_ root: ConfigurationReader) -> String {
        guard case .object(let ipam)? = root.value("ipam"), case .string(let path)? = ipam["dataDir"],
            !path.isEmpty
        else { return defaultDataDirectory }
        return path
    }

    /// Reads and validates the section.
    ///
    /// - Parameter root: the whole configuration, because `runtimeConfig.ipRanges` counts too, before `ipam`'s own.
    /// - Throws: code 2 for an `ipam.type` that is not built in, 7 for an invalid value.
    package init(_ root: ConfigurationReader) throws(CNIError) {
        let ipam = try root.reader("ipam") ?? ConfigurationReader(JSONObject(), path: "ipam")
        let type = try ipam.string("type") ?? ""
        guard ["", "fairway", "host-local"].contains(type) else {
            throw CNIError(
                .unsupportedField, "unsupported ipam.type \"\(type)\"",
                details: "built in are \"fairway\" and \"host-local\"; other address plugins are not executed yet")
        }
        _ = try ipam.string("dataDir")
        var sets: [RangeSet] = []
        if let runtime = try root.reader("runtimeConfig") { sets += try Self.sets(runtime, "ipRanges") }
        if ipam.value("subnet") != nil { sets.append(try RangeSet([.object(ipam.object)], path: ipam.path)) }
        sets += try Self.sets(ipam, "ranges")
        guard !sets.isEmpty else { throw ipam.failure("ranges", "no range of addresses is given") }
        for (index, set) in sets.enumerated() {
            if let other = sets[..<index].first(where: { $0.overlaps(set) }) {
                throw ipam.failure("ranges", "range set \(set) overlaps \(other)")
            }
        }
        rangeSets = sets
        // A gateway may lie in another set's range, and it is no pod's there either.
        let gateways = sets.flatMap(\.ranges).map(\.gateway)
        excluded =
            try ipam.networks("exclude") + gateways.compactMap { CIDR($0, prefixLength: $0.family.addressBits) }
        var routes: [RouteConfiguration] = []
        for reader in try ipam.readers("routes") { routes.append(try RouteConfiguration(reader)) }
        self.routes = routes
        resolvConf = try ipam.string("resolvConf").flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func sets(_ reader: ConfigurationReader, _ key: String) throws(CNIError) -> [RangeSet] {
        var sets: [RangeSet] = []
        for (index, element) in (try reader.array(key) ?? []).enumerated() {
            let path = "\(reader.path(of: key))[\(index)]"
            guard case .array(let ranges) = element else {
                throw CNIError(
                    .invalidConfiguration, "invalid \(path): it is \(element.kind), a list of ranges is needed")
            }
            sets.append(try RangeSet(ranges, path: path))
        }
        return sets
    }
}
