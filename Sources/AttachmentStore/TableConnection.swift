import LinuxSystem
import NFTables
import PodRuleset

/// A connection to nf_tables that is opened when it is needed: an attachment without rules needs none.
struct TableConnection: ~Copyable {
    private var connection: Optional<NFTConnection>

    init() { connection = .none }

    private mutating func use<T>(_ body: (inout NFTConnection) throws(NFTablesError) -> T) throws(PodTableError) -> T {
        do throws(NFTablesError) {
            var open = if let existing = connection.take() { existing } else { try NFTConnection() }
            do throws(NFTablesError) {
                let result = try body(&open)
                connection = consume open
                return result
            } catch {
                connection = consume open
                throw error
            }
        } catch {
            throw .kernel(error)
        }
    }

    mutating func generation() throws(PodTableError) -> UInt32 {
        try use { connection throws(NFTablesError) in try connection.generation() }
    }

    /// Dumps the tables that exist.
    mutating func dump() throws(PodTableError) -> [TableID: TableSnapshot] {
        try use { connection throws(NFTablesError) in
            var snapshots: [TableID: TableSnapshot] = [:]
            for table in PodRuleset.tableIDs { snapshots[table] = try connection.dump(table) }
            return snapshots
        }
    }

    /// True when one of the elements exists.
    mutating func hasAny(of elements: [(table: TableID, set: String, key: [UInt32])]) throws(PodTableError) -> Bool {
        for element in elements {
            let found = try use { connection throws(NFTablesError) in
                try connection.element(element.key, of: element.set, in: element.table)
            }
            if found != nil { return true }
        }
        return false
    }

    mutating func commit(_ transaction: Transaction) throws(PodTableError) {
        try use { connection throws(NFTablesError) in try connection.commit(transaction) }
    }

    /// Commits a transaction that was built for a generation.
    ///
    /// - Returns: the generation it made; nil when the kernel has another one by now.
    mutating func commit(_ transaction: Transaction, at generation: UInt32) throws(PodTableError) -> UInt32? {
        if transaction.isEmpty { return try self.generation() == generation ? generation : nil }
        return try use { connection throws(NFTablesError) in
            try connection.commit(transaction, ifGeneration: generation)
        }
    }
}
