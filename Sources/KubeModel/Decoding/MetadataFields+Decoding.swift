extension MetadataFields {
    /// The annotation behind `lastChangeTriggerTime`.
    package static let triggerTimeAnnotation = "endpoints.kubernetes.io/last-change-trigger-time"

    /// Reads `metadata`; nil where there is none.
    init?(in object: FieldReader) throws(FieldRemark) {
        let metadata = try object.mapping("metadata") { fields throws(FieldRemark) in try MetadataFields(fields) }
        guard let metadata else { return nil }
        self = metadata
    }

    private init(_ fields: FieldReader) throws(FieldRemark) {
        self.init(name: try fields.text("name"), namespace: try fields.text("namespace"))
        labels = try fields.textMapping("labels")
        creationTimestamp = try fields.text("creationTimestamp")
        uid = try? fields.text("uid")
        resourceVersion = try? fields.text("resourceVersion")
        deletionTimestamp = try? fields.text("deletionTimestamp")
        lastChangeTriggerTime = try? fields.mapping("annotations")?.text(Self.triggerTimeAnnotation)
    }
}
