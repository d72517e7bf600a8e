import CNIProtocol
import NetworkTypes

/// The addresses that a runtime asks for, each given to the range set that it lies in.
enum RequestedAddresses {
    /// Reads CNI_ARGS `IP`, `args.cni.ips` and `runtimeConfig.ips`; a prefix length counts for nothing.
    ///
    /// - Throws: code 7 for what is no address.
    static func read(_ root: ConfigurationReader, arguments: [String: String]) throws(CNIError) -> [IPAddress] {
        var wanted: [IPAddress] = []
        func add(_ text: String, _ place: String) throws(CNIError) {
            guard let address = IPAddress(text) ?? CIDR(text)?.address else {
                throw CNIError(
                    .invalidConfiguration, "invalid \(place): \"\(text)\" is not an IP address",
                    details: "ADDRESS or ADDRESS/LENGTH is needed")
            }
            let plain = address.unmapped
            if !wanted.contains(plain) { wanted.append(plain) }
        }
        if let text = arguments["IP"], !text.isEmpty { try add(text, "CNI_ARGS IP") }
        let lists = [try root.reader("args")?.reader("cni"), try root.reader("runtimeConfig")]
        for reader in lists.compactMap(\.self) {
            for (index, text) in (try reader.strings("ips") ?? []).enumerated() {
                try add(text, "\(reader.path(of: "ips"))[\(index)]")
            }
        }
        return wanted
    }

    /// Finds each address its range set; one set gives one address.
    ///
    /// - Returns: the addresses by the numbers of their sets.
    /// - Throws: code 7 for an address that no pod can get, or that no set is left for.
    static func assign(_ wanted: [IPAddress], to sets: [RangeSet], excluding excluded: [CIDR]) throws(CNIError)
        -> [Int: IPAddress]
    {
        var assigned: [Int: IPAddress] = [:]
        var left: [IPAddress] = []
        for address in wanted {
            let number = sets.indices.first { assigned[$0] == nil && sets[$0].range(of: address) != nil }
            guard let number else {
                left.append(address)
                continue
            }
            guard sets[number].range(of: address)?.gateway != address else {
                throw CNIError(.invalidConfiguration, "requested ip \(address) is subnet's gateway")
            }
            if let network = excluded.first(where: { $0.contains(address) }) {
                throw CNIError(
                    .invalidConfiguration, "requested ip \(address) is excluded",
                    details: "\(network) is in ipam.exclude or is another range set's gateway")
            }
            assigned[number] = address
        }
        guard left.isEmpty else {
            throw CNIError(
                .invalidConfiguration,
                "failed to allocate all requested IPs: \(left.map(\.description).joined(separator: " "))",
                details: "each must lie in a range set of its own: \(sets.map(\.description).joined(separator: "; "))")
        }
        return assigned
    }
}
