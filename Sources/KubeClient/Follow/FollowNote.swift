package import KubeModel

/// What a log is to say about following a kind of objects.
package enum FollowNote: Sendable, Hashable {
    /// All objects are known, so many.
    case synchronized(Int)
    /// The server does not know how to begin a watch with all objects; lists come in pages.
    case listsInPages
    /// The server's memory does not reach back to the last version, so all objects are asked for again.
    case expired
    /// The server's store was put back to an older state, so all objects are asked for again.
    case wentBack(from: String, to: String)
    /// The object that would prove it is not as it was last, so all objects are asked for again: it has changed since, or the store
    /// was put back.
    case unproven(ObjectID)
    /// There were so many objects, and now there are none: obeyed.
    case emptied(Int)
    /// The server refuses: what it says.
    case refused(APIStatus)
    /// The server does not have this kind.
    case missing
    /// An object is unusable; what was known of it stays.
    case unusable(ObjectID, FieldRemark)
    /// A value of an object is passed over.
    case remark(ObjectID, FieldRemark)
}
