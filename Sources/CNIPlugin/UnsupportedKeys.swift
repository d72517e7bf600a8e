import CNIProtocol

/// Keys of the upstream plugins that ask for what Fairway cannot do: an error, never silence.
enum UnsupportedKeys {
    /// Refuses upstream's further matches for host ports, which are text of iptables or nft.
    ///
    /// - Throws: code 2 with the key and its value.
    static func refuseConditions(in root: ConfigurationReader) throws(CNIError) {
        for key in ["conditionsV4", "conditionsV6"] {
            guard let conditions = try root.strings(key), !conditions.isEmpty else { continue }
            throw CNIError(
                .unsupportedField, "unsupported \(key) \(JSONValue.array(conditions.map { .string($0) }).serialized)",
                details: "fairway runs neither iptables nor nft: remove the key, or use a hostIP to narrow a host port")
        }
    }
}
