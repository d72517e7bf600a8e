import JSON
import KubeModel

extension Kubeconfig {
    /// The way to the server that a context names.
    ///
    /// - Parameter name: the context's; nil for the current one.
    package func access(context name: String? = nil) throws(CredentialError) -> ClusterAccess {
        let (name, entry) = try context(name)
        let fields = try Self.inner(entry, "context")
        guard let clusterName = try fields.text("cluster") else {
            throw fields.failure("cluster", "is missing; name one of \(Self.list(clusters))")
        }
        let cluster = try Self.entry(clusterName, in: clusters, fields, "cluster")
        let userName = try fields.text("user")
        let user = if let userName { try Self.entry(userName, in: users, fields, "user") } else { ConfigFields?.none }

        var origin = "context \(name), cluster \(clusterName)"
        if let userName { origin += ", user \(userName)" }
        origin += " of \(entry.file)"
        var access = try ClusterAccess(cluster: cluster, origin: origin)
        try access.take(user: user)
        access.namespace = try fields.text("namespace")
        return access
    }

    private func context(_ wanted: String?) throws(CredentialError) -> (String, ConfigFields) {
        let place = files.joined(separator: ":")
        guard let name = wanted ?? currentContext else {
            throw CredentialError(
                "\(place): current-context: is missing; set it to one of the contexts \(Self.list(contexts))")
        }
        guard let entry = contexts[name] else {
            let field = wanted == nil ? "current-context: " : ""
            throw CredentialError(
                "\(place): \(field)there is no context \"\(name)\"; there are the contexts \(Self.list(contexts))")
        }
        return (name, entry)
    }

    /// What an entry of a list names in a context: its inner mapping.
    private static func entry(
        _ name: String, in entries: KubeconfigFile.Entries, _ context: ConfigFields, _ key: String
    ) throws(CredentialError) -> ConfigFields {
        guard let entry = entries[name] else {
            throw context.failure(key, "there is no \(key) \"\(name)\"; name one of \(list(entries))")
        }
        return try inner(entry, key)
    }

    private static func inner(_ entry: ConfigFields, _ key: String) throws(CredentialError) -> ConfigFields {
        if let fields = try entry.mapping(key) { return fields }
        return try ConfigFields(.object(JSONObject()), of: entry.file, at: entry.path + [.key(key)])
    }

    private static func list(_ entries: KubeconfigFile.Entries) -> String {
        entries.isEmpty ? "(none)" : entries.keys.sorted().joined(separator: ", ")
    }
}
