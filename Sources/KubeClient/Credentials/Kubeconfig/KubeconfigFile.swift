import JSON

/// What one kubeconfig file names.
struct KubeconfigFile {
    /// The entries of one of its lists, by their names.
    typealias Entries = [String: ConfigFields]

    let currentContext: String?
    let clusters: Entries
    let users: Entries
    let contexts: Entries

    /// Reads a file's content; an empty file names nothing.
    init(_ content: [UInt8], of file: String) throws(CredentialError) {
        let value = try ConfigDocument.value(content, of: file) ?? .object(JSONObject())
        let fields = try ConfigFields(value, of: file)
        let (kind, version) = (try fields.text("kind"), try fields.text("apiVersion"))
        guard kind ?? "Config" == "Config", version ?? "v1" == "v1" else {
            let found = "\(version ?? "v1") \(kind ?? "Config")"
            throw CredentialError("\(file): this is a \(found), not a kubeconfig (v1 Config); name another file")
        }
        currentContext = try fields.text("current-context")
        clusters = try Self.entries(fields, "clusters")
        users = try Self.entries(fields, "users")
        contexts = try Self.entries(fields, "contexts")
    }

    private static func entries(_ fields: ConfigFields, _ key: String) throws(CredentialError) -> Entries {
        var entries: Entries = [:]
        for entry in try fields.list(key) {
            let name = try entry.text("name") ?? ""
            guard entries.updateValue(entry, forKey: name) == nil else {
                throw entry.failure("name", "\"\(name)\" stands in \(key) already; give each entry a name of its own")
            }
        }
        return entries
    }
}
