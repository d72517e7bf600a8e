/// What Fairway reads of an object's metadata, checked.
struct ObjectMetadata {
    let name: String
    /// `default` where the object names none.
    let namespace: String
    let labels: [String: String]
    /// RFC 3339 text in UTC without a fraction; nil where there is none.
    let creationTimestamp: String?

    var namespacedName: NamespacedName { NamespacedName(namespace: namespace, name: name) }

    init(_ fields: MetadataFields?) throws(FieldRemark) {
        guard let fields else { throw FieldRemark(path: ["metadata"], text: "is missing") }
        name = fields.name ?? ""
        guard !name.isEmpty else { throw FieldRemark(path: ["metadata", "name"], text: "is missing") }
        guard isDNSSubdomain(name) else {
            throw FieldRemark(
                path: ["metadata", "name"], text: "\(quoted(name)) is not an object's name (a to z, 0 to 9, - and .)")
        }
        let sent = fields.namespace ?? ""
        namespace = sent.isEmpty ? "default" : sent
        guard isDNSLabel(namespace) else {
            throw FieldRemark(
                path: ["metadata", "namespace"],
                text: "\(quoted(namespace)) is not a namespace (a to z, 0 to 9 and -)")
        }
        labels = fields.labels ?? [:]
        guard let created = fields.creationTimestamp, !created.isEmpty else {
            creationTimestamp = nil
            return
        }
        creationTimestamp = normalizedTimestamp(created)
        guard creationTimestamp != nil else {
            throw FieldRemark(
                path: ["metadata", "creationTimestamp"],
                text: "\(quoted(created)) is not a time such as 2026-01-31T12:00:00Z")
        }
    }
}
