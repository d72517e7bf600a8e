import NFTables

/// Chains that come and go with what uses them, one for each key.
///
/// A chain may lead to those of smaller keys, whose users its users are too. A new one is in force one transaction before an element leads to it; one that nothing uses any more stays for a
/// while, because a packet may lie between two lookups for as long as its CPU is taken away.
struct ChainFamily<Key: Hashable & Comparable> {
    /// A key's chain, with the operations that make it reachable by the key and end that.
    struct Member {
        let chain: Chain
        let entrance: [Transaction.Operation]
        let exit: [Transaction.Operation]
    }

    private struct Record {
        var users = 0
        /// Its chain exists in the kernel, and so does what leads to it.
        var isInKernel = false
        /// Since when nothing uses it, in nanoseconds of a monotonic clock; nil while something does.
        var idleSince: UInt64?
    }

    /// How long a chain stays that nothing uses, in nanoseconds: at least one second.
    let grace: UInt64
    private var records: [Key: Record] = [:]
    /// Keys whose chain the kernel lacks, or that nothing uses.
    private var restless: Set<Key> = []

    init(grace: UInt64) { self.grace = grace }

    /// Takes note of a chain that the kernel has.
    mutating func adopt(_ key: Key) {
        records[key, default: Record()].isInKernel = true
        restless.insert(key)
    }

    mutating func use(_ key: Key) {
        records[key, default: Record()].users += 1
        records[key]?.idleSince = nil
        if records[key]?.isInKernel == false { restless.insert(key) }
    }

    mutating func release(_ key: Key) {
        records[key]?.users -= 1
        if records[key]?.users == 0 { restless.insert(key) }
    }

    /// No chain has to be made, and none is idle.
    var isSettled: Bool { restless.isEmpty }

    /// When an idle chain is due, in nanoseconds of the same clock; nil while none is idle.
    var nextDeadline: UInt64? { restless.compactMap { records[$0]?.idleSince }.min().map { $0 + grace } }

    /// Appends what brings the kernel's chains up to the users, and takes it as committed.
    ///
    /// - Parameter member: a key's chain; it belongs to the table.
    mutating func appendChanges(
        in table: TableID, additions: inout Transaction, removals: inout Transaction, now: UInt64,
        _ member: (Key) -> Member
    ) {
        if restless.isEmpty { return }
        var gone: [Key] = []
        for key in restless.sorted() {
            guard var record = records[key] else { continue }
            if record.users > 0 {
                if !record.isInKernel {
                    let member = member(key)
                    additions.add(member.chain, in: table)
                    additions.operations += member.entrance
                }
                record.isInKernel = true
                restless.remove(key)
            } else if let idleSince = record.idleSince, now >= idleSince + grace {
                gone.append(key)
                restless.remove(key)
                records[key] = nil
                continue
            } else if record.idleSince == nil {
                record.idleSince = now
            }
            records[key] = record
        }
        // Those that lead to others are the larger keys: they go first.
        for member in gone.reversed().map(member) {
            removals.operations += member.exit
            removals.operations += [
                .flushChain(table, chain: member.chain.name), .deleteChain(table, chain: member.chain.name),
            ]
        }
    }
}
