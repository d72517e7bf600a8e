import NFTables

/// Parts of a table (chains, or the maps of a Service's port) that come and go with what uses them, one for each key.
///
/// A part may lead to those of smaller keys, whose users its users are too. A new one is in force one transaction before
/// an element leads to it; one that nothing uses any more stays for a while, because a packet may lie between two lookups
/// for as long as its CPU is taken away.
struct TableParts<Key: Hashable & Comparable> {
    /// The operations that make a key's part and make it reachable by the key, and those that end both.
    struct Part {
        let creation: [Transaction.Operation]
        let removal: [Transaction.Operation]
    }

    private struct Record {
        var users = 0
        /// It exists in the kernel, and so does what leads to it.
        var isInKernel = false
        /// Since when nothing uses it, in nanoseconds of a monotonic clock; nil while something does.
        var idleSince: UInt64?

        /// - Returns: whether the kernel lacks it.
        mutating func use() -> Bool {
            users += 1
            idleSince = nil
            return !isInKernel
        }
    }

    /// How long a part stays that nothing uses, in nanoseconds: at least one second.
    let grace: UInt64
    private var records: [Key: Record] = [:]
    /// Keys whose part the kernel lacks, or that nothing uses since the last transaction.
    private var restless: Set<Key> = []
    /// Keys that nothing used at some time, and since when, in that order; perhaps something uses them again.
    private var idle: [(key: Key, since: UInt64)] = []

    init(grace: UInt64) { self.grace = grace }

    /// Takes note of a part that the kernel has.
    mutating func adopt(_ key: Key) {
        records[key, default: Record()].isInKernel = true
        restless.insert(key)
    }

    mutating func use(_ key: Key) {
        if records[key, default: Record()].use() { restless.insert(key) }
    }

    mutating func release(_ key: Key) {
        records[key]?.users -= 1
        if records[key]?.users == 0 { restless.insert(key) }
    }

    /// Something uses the key, or did so a moment ago.
    func contains(_ key: Key) -> Bool { records[key] != nil }

    /// No part has to be made, and none is idle.
    var isSettled: Bool { restless.isEmpty && idle.isEmpty }

    /// When an idle part is due, in nanoseconds of the same clock; nil while none is idle.
    var nextDeadline: UInt64? { idle.first.map { $0.since + grace } }

    /// Appends what brings the kernel's parts up to the users, and takes it as committed.
    mutating func appendChanges(
        additions: inout Transaction, removals: inout Transaction, now: UInt64, _ part: (Key) -> Part
    ) {
        for key in restless.sorted() {
            guard var record = records[key] else { continue }
            if record.users > 0 {
                if !record.isInKernel { additions.operations += part(key).creation }
                record.isInKernel = true
            } else if record.idleSince == nil {
                record.idleSince = now
                idle.append((key, now))
            }
            records[key] = record
        }
        restless = []
        // Those that lead to others are the larger keys: they go first.
        for key in takeGone(now).sorted(by: >) { removals.operations += part(key).removal }
    }

    /// Forgets what has been idle for long enough.
    ///
    /// - Returns: the keys whose part the kernel has.
    private mutating func takeGone(_ now: UInt64) -> [Key] {
        let due = idle.prefix { now >= $0.since + grace }
        idle.removeFirst(due.count)
        var gone: [Key] = []
        // Used again and idle again, it stands in the list a second time.
        for (key, since) in due where records[key]?.idleSince == since && records[key]?.users == 0 {
            if records.removeValue(forKey: key)?.isInKernel == true { gone.append(key) }
        }
        return gone
    }
}
