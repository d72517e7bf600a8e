import Attachments
import LinuxSystem
import NFTables
import PodTables

/// A connection to nf_tables that is opened when it is needed: an attachment without rules needs none.
///
/// Its end waits for an RCU grace period, 10 ms and more, when elements were deleted through it a moment ago: whoever has
/// something to do meanwhile, such as deleting a link, lets it live until after that. It belongs to one thread, and to the
/// network namespace in which it was used first.
package final class TableConnection {
    private var connection: Optional<NFTConnection> = .none

    package init() {}

    private func use<T>(_ body: (inout NFTConnection) throws(NFTablesError) -> T) throws(PodTableError) -> T {
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

    func generation() throws(PodTableError) -> UInt32 {
        try use { connection throws(NFTablesError) in try connection.generation() }
    }

    /// Dumps the tables that exist.
    func dump() throws(PodTableError) -> [TableID: TableSnapshot] {
        try use { connection throws(NFTablesError) in
            var snapshots: [TableID: TableSnapshot] = [:]
            for table in PodTableContent.tableIDs { snapshots[table] = try connection.dump(table) }
            return snapshots
        }
    }

    /// True when one of the elements exists.
    func hasAny(of elements: [(table: TableID, set: String, key: [UInt32])]) throws(PodTableError) -> Bool {
        for element in elements {
            let found = try use { connection throws(NFTablesError) in
                try connection.element(element.key, of: element.set, in: element.table)
            }
            if found != nil { return true }
        }
        return false
    }

    func commit(_ transaction: Transaction) throws(PodTableError) {
        try use { connection throws(NFTablesError) in try connection.commit(transaction) }
    }

    /// Commits a transaction that was built for a generation.
    ///
    /// - Returns: the generation it made; nil when the kernel has another one by now.
    func commit(_ transaction: Transaction, at generation: UInt32) throws(PodTableError) -> UInt32? {
        if transaction.isEmpty { return try self.generation() == generation ? generation : nil }
        return try use { connection throws(NFTablesError) in
            try connection.commit(transaction, ifGeneration: generation)
        }
    }
}
