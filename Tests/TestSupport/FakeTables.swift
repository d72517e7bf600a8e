package import LinuxSystem
package import NFTables
import TableKeeper

/// Tables in memory that answer as the kernel does, so that keepers are tested without it.
package final class FakeTables: TableConnection {
    package private(set) var tables: [TableID: TableSnapshot] = [:]
    package private(set) var transactions: [Transaction] = []
    private var current: UInt32 = 1
    /// What the kernel would refuse: asked for each operation, after the machine's own faults.
    package var refusal: (Transaction.Operation) -> NetlinkError? = { _ in nil }
    /// Faults of the machine, thrown one after the other by the next commits.
    package var faults: [NetlinkError] = []
    /// The same of the next dumps.
    package var dumpFaults: [NetlinkError] = []
    /// How often a table was dumped.
    package private(set) var dumps = 0
    /// Called once after the next dump: what somebody else commits then.
    package var interference: (() -> Void)?

    /// Nobody hears of what others do.
    package var isDeaf = false
    /// What others did since it was asked for last; nil before somebody watches.
    private var notices: Set<TableID>?

    package init() {}

    /// Commits as somebody else does, unseen by `transactions`.
    package func alter(_ body: (inout [TableID: TableSnapshot]) -> Void) {
        let before = Set(tables.keys)
        body(&tables)
        current += 1
        if !isDeaf { notices?.formUnion(before.union(tables.keys)) }
    }

    package func watch() throws(NetlinkError) { notices = [] }

    /// A number that nobody waits for: a test's inbox asks `hasNotices`.
    package var descriptor: Int32? { notices == nil ? nil : -1 }

    package var hasNotices: Bool { notices?.isEmpty == false }

    /// Rules were among what others changed.
    package var hasOtherRules = false

    package func notice() throws(NetlinkError) -> TableMonitor.Notice {
        defer {
            if notices != nil { notices = [] }
            hasOtherRules = false
        }
        return TableMonitor.Notice(tables: notices ?? [], hasRules: hasOtherRules)
    }

    package func generation() throws(NetlinkError) -> UInt32 { current }

    package func dump(_ table: TableID) throws(NetlinkError) -> TableSnapshot? {
        if !dumpFaults.isEmpty { throw dumpFaults.removeFirst() }
        dumps += 1
        let snapshot = tables[table]
        if let interference {
            self.interference = nil
            interference()
        }
        return snapshot
    }

    package func commit(_ transaction: Transaction) throws(NetlinkError) {
        if !faults.isEmpty { throw faults.removeFirst() }
        for operation in transaction.operations { if let error = refusal(operation) { throw error } }
        var copy = tables
        for operation in transaction.operations { try copy.carryOut(operation) }
        tables = copy
        current += 1
        transactions.append(transaction)
    }

    package func commit(
        _ transaction: Transaction, ifGeneration generation: UInt32
    ) throws(NetlinkError) -> UInt32? {
        guard generation == current else { return nil }
        try commit(transaction)
        // As the kernel's connection counts: what others committed meanwhile is not in it.
        return generation + 1
    }

    package func element(
        _ key: [UInt32], of set: String, in table: TableID
    ) throws(NetlinkError) -> ElementContent? {
        guard let elements = tables[table]?.sets[set]?.elements, let index = elements.position(of: key[...]) else {
            return nil
        }
        return ElementContent(data: Array(elements.data(index)), comment: elements.comment(index))
    }
}

extension [TableID: TableSnapshot] {
    fileprivate mutating func carryOut(_ operation: Transaction.Operation) throws(NetlinkError) {
        func fail(_ errno: Errno) -> NetlinkError { NetlinkError(operation.description, errno) }
        switch operation {
        case .addTable(let table, let flags):
            if self[table] == nil {
                self[table] = TableSnapshot()
                self[table]?.flags = flags
            }
        case .setFlags(let table, let flags): self[table]?.flags = flags
        case .deleteTable(let table):
            guard removeValue(forKey: table) != nil else { throw fail(.notFound) }
        case .addSet(let table, let set):
            if let found = self[table]?.sets[set.name], found.declaration != set { throw fail(.exists) }
            self[table]?.sets[set.name] = TableSnapshot.Set(declaration: set)
        case .deleteSet(let table, let set): self[table]?.sets[set] = nil
        case .addChain(let table, let chain):
            if self[table]?.chains[chain.name] == nil { self[table]?.chains[chain.name] = .init(hook: chain.hook) }
        case .setPolicy(let table, let chain, let policy): self[table]?.chains[chain]?.hook?.policy = policy
        case .addRule(let table, let chain, let rule):
            guard self[table]?.chains[chain] != nil else { throw fail(.notFound) }
            self[table]?.chains[chain]?.rules.append(rule)
        case .flushChain(let table, let chain): self[table]?.chains[chain]?.rules = []
        case .deleteChain(let table, let chain):
            guard self[table]?.chains.removeValue(forKey: chain) != nil else { throw fail(.notFound) }
        case .addElements(let table, let set, let added):
            guard var elements = self[table]?.sets[set]?.elements else { throw fail(.notFound) }
            for index in 0..<added.count {
                if elements.position(of: added.key(index)) != nil { throw fail(.exists) }
                elements.append(
                    key: Array(added.key(index)), through: Array(added.lastKey(index)), data: Array(added.data(index)),
                    comment: added.comment(index))
            }
            self[table]?.sets[set]?.elements = elements
        case .deleteElements(let table, let set, let deleted):
            guard var elements = self[table]?.sets[set]?.elements else { throw fail(.notFound) }
            for index in 0..<deleted.count {
                guard let position = elements.position(of: deleted.key(index)) else { throw fail(.notFound) }
                elements.remove(position)
            }
            self[table]?.sets[set]?.elements = elements
        case .addVerdicts(let table, let set, let added): self[table]?.sets[set]?.verdicts += added
        case .deleteVerdicts(let table, let set, let deleted):
            self[table]?.sets[set]?.verdicts.removeAll { verdict in deleted.contains { $0.key == verdict.key } }
        case .deleteCatchall(let table, let set): self[table]?.sets[set]?.hasCatchall = false
        }
    }
}

extension Elements {
    fileprivate func position(of key: ArraySlice<UInt32>) -> Int? {
        (0..<count).first { self.key($0).elementsEqual(key) }
    }

    fileprivate mutating func remove(_ index: Int) {
        words.removeSubrange(index * stride..<(index + 1) * stride)
        if index < comments.count { comments.remove(at: index) }
    }
}
