extension MetadataFields {
    enum Keys: String, CodingKey {
        case name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp, labels, annotations
    }
    private enum Annotations: String, CodingKey {
        case lastChangeTriggerTime = "endpoints.kubernetes.io/last-change-trigger-time"
    }

    /// Reads `metadata`; nil where there is none.
    init?<Key: CodingKey>(in container: KeyedDecodingContainer<Key>, _ key: Key) throws {
        guard let fields = try container.mapping(key, Keys.self) else { return nil }
        self.init(name: try fields.text(.name), namespace: try fields.text(.namespace))
        labels = try fields.decodeIfPresent([String: String].self, forKey: .labels)
        creationTimestamp = try fields.text(.creationTimestamp)
        uid = try? fields.text(.uid)
        resourceVersion = try? fields.text(.resourceVersion)
        deletionTimestamp = try? fields.text(.deletionTimestamp)
        lastChangeTriggerTime = try? fields.mapping(.annotations, Annotations.self)?.text(.lastChangeTriggerTime)
    }
}
