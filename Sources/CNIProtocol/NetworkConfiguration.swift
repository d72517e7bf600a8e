import JSON

/// The configuration on standard input: the specification's own keys, and the whole tree.
package struct NetworkConfiguration: Sendable {
    package let name: String
    package let version: SpecVersion
    package let type: String
    /// The root of the tree, with every key that was sent.
    package let root: ConfigurationReader
    /// The text as it was sent, for a plugin that this one executes.
    package let text: [UInt8]

    /// Reads a whole configuration.
    ///
    /// - Throws: code 6 when the text is not a JSON object, 1 for a version that is not spoken here, 7 for a bad name.
    package init(parsing bytes: [UInt8]) throws(CNIError) {
        guard case .object(let object) = try JSONValue(bytes, of: "the network configuration") else {
            throw CNIError(.undecodable, "the network configuration is not a JSON object")
        }
        root = ConfigurationReader(object)
        text = bytes
        if case .array? = object["plugins"], object["type"] == nil {
            throw CNIError(
                .invalidConfiguration, "a list of plugins on standard input",
                details: "a plugin is given one entry of the key plugins, with the list's name and cniVersion")
        }
        version = try SpecVersion.negotiate(try root.string("cniVersion") ?? "")
        guard let name = try root.string("name"), !name.isEmpty else {
            throw CNIError(.invalidConfiguration, "missing network name", details: "the key name is absent or empty")
        }
        guard Identifier.isValid(name) else {
            throw CNIError(.invalidConfiguration, "invalid network name: \"\(name)\"", details: Identifier.rule)
        }
        self.name = name
        type = try root.string("type") ?? ""
    }

    /// The version to answer in when the configuration may be unusable: its own if it is spoken here, or
    /// the newest.
    package static func answeringVersion(for bytes: [UInt8]) -> SpecVersion {
        guard case .object(let object)? = try? JSONValue(parsing: bytes) else { return .newest }
        switch object["cniVersion"] {
        case .string(let text)?: return (try? SpecVersion.negotiate(text)) ?? .newest
        case nil, .null?: return .unstated
        default: return .newest
        }
    }

    /// The result of the ADD that made this attachment, or of the plugin before this one.
    ///
    /// - Throws: code 7 for an invalid value, and for a result in the shape of another version than the configuration's.
    package func previousResult() throws(CNIError) -> AddResult? {
        guard let reader = try root.reader("prevResult") else { return nil }
        let stated = try AddResult.statedVersion(reader) ?? version
        guard stated.resultShape == version.resultShape else {
            throw reader.failure(
                "cniVersion",
                "a result of version \(stated.rawValue) does not go with a configuration of \(version.rawValue)")
        }
        return try AddResult(reader, version: version)
    }
}
