/// How far a server's store has come, by what was heard of any kind of objects: all of them count in one row.
///
/// A store that was put back to an older state soon comes past the last version of a kind that changes seldom, but not past the last
/// version of all.
struct StoreHistory: Sendable {
    /// The highest version that was heard of.
    private(set) var highest: ResourceVersion?
    /// How often the store was put back: what was known before is no version of this store's.
    private(set) var turns = 0

    mutating func note(_ version: ResourceVersion) {
        if let highest, !highest.isBehind(version) { return }
        highest = version
    }

    /// The store was put back, and is at this version now.
    mutating func turn(to version: ResourceVersion) {
        highest = version
        turns += 1
    }
}
