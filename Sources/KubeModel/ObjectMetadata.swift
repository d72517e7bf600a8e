/// The part of `metadata` that Fairway reads.
struct ObjectMetadata {
    var name: String
    /// `default` where the object names none.
    var namespace: String
    var labels: [String: String]
    /// RFC 3339 text in UTC without a fraction; nil where there is none.
    var creationTimestamp: String?

    var namespacedName: NamespacedName { NamespacedName(namespace: namespace, name: name) }

    private enum Keys: String, CodingKey { case name, namespace, labels, creationTimestamp }

    init<Key: CodingKey>(in container: KeyedDecodingContainer<Key>, _ key: Key) throws {
        guard let fields = try container.mapping(key, Keys.self) else { throw container.error(key, "is missing") }
        name = try fields.text(.name)
        guard !name.isEmpty else { throw fields.error(.name, "is missing") }
        guard isDNSSubdomain(name) else {
            throw fields.error(.name, "\(quoted(name)) is not an object's name (a to z, 0 to 9, - and .)")
        }
        namespace = try fields.text(.namespace)
        if namespace.isEmpty { namespace = "default" }
        guard isDNSLabel(namespace) else {
            throw fields.error(.namespace, "\(quoted(namespace)) is not a namespace (a to z, 0 to 9 and -)")
        }
        labels = try fields.labels(.labels)
        let created = try fields.text(.creationTimestamp)
        guard !created.isEmpty else { return }
        creationTimestamp = normalizedTimestamp(created)
        guard creationTimestamp != nil else {
            throw fields.error(.creationTimestamp, "\(quoted(created)) is not a time such as 2026-01-31T12:00:00Z")
        }
    }
}
