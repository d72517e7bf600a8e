/// An object's `metadata` as it was sent.
///
/// The fields of each kind are plain values: any encoding fills them, and nothing is known of them but their types. What
/// was not sent, or sent as null, is nil. A number that `Int` cannot hold is sent on as `Int.outOfRange`.
package struct MetadataFields: Sendable, Hashable {
    package var name: String?
    package var namespace: String?
    package var uid: String?
    package var resourceVersion: String?
    /// RFC 3339 text.
    package var creationTimestamp: String?
    /// RFC 3339 text.
    package var deletionTimestamp: String?
    package var labels: [String: String]?
    /// The annotation `endpoints.kubernetes.io/last-change-trigger-time`, the one that a service proxy reads.
    package var lastChangeTriggerTime: String?

    package init(name: String? = nil, namespace: String? = nil) {
        self.name = name
        self.namespace = namespace
    }
}

extension Int {
    /// Stands for a number that was sent and is none of `Int`'s.
    package static let outOfRange = Int.max
}
