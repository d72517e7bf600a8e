/// What one object of a document turned out to be.
package struct DecodedItem: Sendable {
    package enum Outcome: Sendable {
        case object(KubeObject)
        /// Of a kind that Fairway reads, but unusable; nil where not even its name can be read.
        case invalid(ObjectID?, FieldRemark)
        /// Of another kind, which is named.
        case ignored(String)
        /// Of a kind that its API group does not have: a slip of the pen, most likely.
        case unknown(String)
    }

    /// Where the object begins in its document: empty, or `items[3]` within a list.
    package var path: FieldPath
    package var outcome: Outcome
    /// Values of the object that are passed over.
    package var remarks: [FieldRemark]
}
