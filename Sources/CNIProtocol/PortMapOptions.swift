import JSON

/// The keys of the `portmap` plugin, which under `type: fairway` lie in the plugin's own configuration.
package struct PortMapOptions: Sendable, Hashable {
    /// Whether connections to a host port that must return through the node (from the pod itself, from its subnet, from
    /// 127.0.0.1) take the node's address.
    package var masqueradesReturning = true
    /// Whether every connection to a host port takes the node's address; without `snat` none does, as upstream.
    package var masqueradesAll = false
    /// Whether upstream's further matches are there, which are text of iptables or nft.
    package var hasConditions = false

    package init() {}

    /// Reads `snat` and `masqAll`, and checks the keys that make no difference to Fairway, which has one way: `backend`,
    /// `markMasqBit`, `externalSetMarkChain`, `conditionsV4` and `conditionsV6`.
    ///
    /// - Throws: code 7 with the key's path and its value.
    package init(_ reader: ConfigurationReader) throws(CNIError) {
        if let name = try reader.string("backend"), !["", "iptables", "nftables"].contains(name) {
            throw reader.failure("backend", "\"\(name)\" is neither iptables nor nftables")
        }
        masqueradesReturning = try reader.bool("snat") ?? true
        masqueradesAll = try reader.bool("masqAll") == true && masqueradesReturning
        let chain = try reader.string("externalSetMarkChain") ?? ""
        let bit = try reader.integer("markMasqBit", in: 0...31)
        guard chain.isEmpty || bit == nil else {
            throw reader.failure("externalSetMarkChain", "\"\(chain)\" excludes markMasqBit: choose one")
        }
        for key in Self.conditionKeys where try reader.strings(key)?.isEmpty == false {
            hasConditions = true
        }
    }

    /// Refuses upstream's further matches, which nothing here could honour: an error, never silence.
    ///
    /// - Throws: code 2 with the key and its value.
    package static func refuseConditions(in root: ConfigurationReader) throws(CNIError) {
        for key in conditionKeys {
            guard let conditions = try root.strings(key), !conditions.isEmpty else { continue }
            throw CNIError(
                .unsupportedField, "unsupported \(key) \(JSONValue.array(conditions.map { .string($0) }).serialized)",
                details: "fairway runs neither iptables nor nft: remove the key, or use a hostIP to narrow a host port")
        }
    }

    private static let conditionKeys = ["conditionsV4", "conditionsV6"]
}
