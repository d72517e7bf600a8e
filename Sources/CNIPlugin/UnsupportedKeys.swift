import CNIProtocol

/// Keys of the upstream plugins that ask for what Fairway does not do yet: an error, never silence.
enum UnsupportedKeys {
    /// Each with the keys of the objects around it.
    private static let paths = [
        ["conditionsV4"], ["conditionsV6"], ["runtimeConfig", "ips"], ["args", "cni", "ips"],
    ]

    /// Refuses upstream's further matches, which are text of iptables or nft.
    static func refuseConditions(in root: ConfigurationReader) throws(CNIError) {
        try refuse([["conditionsV4"], ["conditionsV6"]], in: root)
    }

    /// - Throws: code 2 with the key and its value, for the first key that asks for something.
    static func refuse(in root: ConfigurationReader, arguments: [String: String]) throws(CNIError) {
        try refuse(paths, in: root)
        for key in ["IP"] {
            guard let value = arguments[key], !value.isEmpty else { continue }
            throw CNIError(
                .unsupportedField, "unsupported CNI_ARGS \(key)=\(value)",
                details: "this version of fairway gives no requested addresses: remove the argument")
        }
    }

    private static func refuse(_ paths: [[String]], in root: ConfigurationReader) throws(CNIError) {
        for path in paths {
            guard let value = value(at: path, in: root.object), asks(value) else { continue }
            throw CNIError(
                .unsupportedField, "unsupported \(path.joined(separator: ".")) \(value.serialized)",
                details: "this version of fairway has no such feature: remove the key")
        }
    }

    private static func value(at path: [String], in root: JSONObject) -> JSONValue? {
        var value = JSONValue.object(root)
        for key in path {
            guard case .object(let object) = value, let next = object[key] else { return nil }
            value = next
        }
        return value
    }

    /// Whether a value differs from what a key that is left out means.
    private static func asks(_ value: JSONValue) -> Bool {
        switch value {
        case .null, .bool(false), .number("0"), .string(""): false
        case .array(let elements): !elements.isEmpty
        case .object(let object): object.members.contains { asks($0.value) }
        default: true
        }
    }
}
