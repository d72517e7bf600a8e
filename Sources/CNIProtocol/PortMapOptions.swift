/// The keys of the `portmap` plugin, which under `type: fairway` lie in the plugin's own configuration.
package struct PortMapOptions: Sendable, Hashable {
    /// What `backend` may name; which one is meant makes no difference to Fairway, which has one way.
    package enum Backend: String, Sendable, Hashable, CaseIterable {
        case iptables
        case nftables
    }

    /// Nil when the configuration leaves the choice open.
    package var backend: Backend?
    /// Whether connections to a host port that must return through the node (from the pod itself, from its subnet, from
    /// 127.0.0.1) take the node's address.
    package var masqueradesReturning = true
    /// Whether every connection to a host port takes the node's address.
    package var masqueradesAll = false
    /// The bit of the packet mark that upstream's iptables rules use: 0 to 31.
    package var markMasqueradeBit = 13
    /// A chain of somebody else's that upstream's iptables rules mark packets with; empty for none.
    package var externalSetMarkChain = ""
    /// Further matches in the backend's own language, for each family.
    package var conditionsV4: [String] = []
    package var conditionsV6: [String] = []

    package init() {}

    /// Reads `backend`, `snat`, `masqAll`, `markMasqBit`, `externalSetMarkChain`, `conditionsV4` and `conditionsV6`.
    ///
    /// - Throws: code 7 with the key's path and its value.
    package init(_ reader: ConfigurationReader) throws(CNIError) {
        if let name = try reader.string("backend"), !name.isEmpty {
            guard let backend = Backend(rawValue: name) else {
                throw reader.failure("backend", "\"\(name)\" is neither iptables nor nftables")
            }
            self.backend = backend
        }
        masqueradesReturning = try reader.bool("snat") ?? true
        masqueradesAll = try reader.bool("masqAll") ?? false
        externalSetMarkChain = try reader.string("externalSetMarkChain") ?? ""
        let bit = try reader.integer("markMasqBit", in: 0...31)
        guard externalSetMarkChain.isEmpty || bit == nil else {
            throw reader.failure(
                "externalSetMarkChain", "\"\(externalSetMarkChain)\" excludes markMasqBit: choose one")
        }
        markMasqueradeBit = bit ?? 13
        conditionsV4 = try reader.strings("conditionsV4") ?? []
        conditionsV6 = try reader.strings("conditionsV6") ?? []
    }
}
