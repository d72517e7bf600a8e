package import CNIProtocol
import JSON
package import NetworkTypes

/// The `ipam` section: host-local's keys, and `exclude`.
package struct IPAMConfiguration: Sendable {
    /// One address is given from each.
    package let rangeSets: [RangeSet]
    /// Addresses and networks that no pod gets: those of `exclude`, and the gateways of all sets.
    package let excluded: [CIDR]
    package let routes: [RouteConfiguration]
    /// The addresses that the runtime asks for, by the numbers of the range sets that give them.
    package let requested: [Int: IPAddress]
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
    /// - Parameters:
    ///   - root: the whole configuration, because `runtimeConfig.ipRanges` counts too, before `ipam`'s own.
    ///   - arguments: CNI_ARGS, where `IP` asks for an address.
    /// - Throws: code 7 for an invalid value.
    package init(_ root: ConfigurationReader, arguments: [String: String] = [:]) throws(CNIError) {
        let ipam = try root.reader("ipam") ?? ConfigurationReader(JSONObject(), path: "ipam")
        // The plugin is executed in whichever directory its runtime is.
        if let path = try ipam.string("dataDir"), !path.isEmpty, !path.hasPrefix("/") {
            throw ipam.failure("dataDir", "\"\(path)\" is relative, a path that begins with / is needed")
        }
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
        try Self.requireOnePerFamily(sets, version: try root.string("cniVersion") ?? SpecVersion.unstated.rawValue)
        rangeSets = sets
        // A gateway may lie in another set's range, and it is no pod's there either.
        let gateways = sets.flatMap(\.ranges).map(\.gateway)
        excluded =
            try ipam.networks("exclude") + gateways.compactMap { CIDR($0, prefixLength: $0.family.addressBits) }
        var routes: [RouteConfiguration] = []
        for reader in try ipam.readers("routes") { routes.append(try RouteConfiguration(reader)) }
        self.routes = routes
        resolvConf = try ipam.string("resolvConf").flatMap { $0.isEmpty ? nil : $0 }
        requested = try RequestedAddresses.assign(
            try RequestedAddresses.read(root, arguments: arguments), to: sets, excluding: excluded)
    }

    /// A result of the specification before 0.3.0 has room for one address of each family.
    private static func requireOnePerFamily(_ sets: [RangeSet], version: String) throws(CNIError) {
        guard ["0.1.0", "0.2.0"].contains(version) else { return }
        for family in [IPFamily.ipv4, .ipv6] where sets.count(where: { $0.family == family }) > 1 {
            throw CNIError(
                .invalidConfiguration, "CNI version \(version) does not support more than 1 address per family",
                details: "set cniVersion to 0.3.0 or later, or leave one range set of each family")
        }
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
