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
        root = try Self.readRoot(bytes)
        text = bytes
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

    private static func readRoot(_ bytes: [UInt8]) throws(CNIError) -> ConfigurationReader {
        do {
            guard case .object(let object) = try JSONValue(parsing: bytes) else {
                throw CNIError(.undecodable, "the network configuration is not a JSON object")
            }
            return ConfigurationReader(object)
        } catch let error as JSONSyntaxError {
            throw CNIError(.undecodable, "the network configuration is not JSON", details: error.description)
        } catch let error as CNIError {
            throw error
        } catch {
            throw CNIError(.undecodable, "the network configuration is not JSON", details: "\(error)")
        }
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

    /// The attachments that GC must spare; absent, null and empty all mean that none is valid.
    package func validAttachments() throws(CNIError) -> Set<Attachment> {
        let key = root.value("cni.dev/valid-attachments") == nil ? "cni.dev/attachments" : "cni.dev/valid-attachments"
        var attachments: Set<Attachment> = []
        for reader in try root.readers(key) {
            guard let containerID = try reader.string("containerID"), let interfaceName = try reader.string("ifname"),
                !containerID.isEmpty, !interfaceName.isEmpty
            else {
                // Whoever took it for none would end the pod that it means.
                throw reader.failure(
                    "ifname", "an attachment needs a containerID and an ifname, or nobody knows what to spare")
            }
            attachments.insert(Attachment(containerID: containerID, interfaceName: interfaceName))
        }
        return attachments
    }
}

/// One interface of one container in a network.
package struct Attachment: Sendable, Hashable {
    package let containerID: String
    package let interfaceName: String

    package init(containerID: String, interfaceName: String) {
        self.containerID = containerID
        self.interfaceName = interfaceName
    }
}
