package import LinuxSystem
package import NFTables

/// What a keeper of tables needs of nf_tables; tests put a table of their own in its place.
///
/// It speaks for one network namespace and is used by one thread. All calls return when the kernel has answered.
package protocol TableConnection: AnyObject {
    /// Counted up with every transaction that anybody commits in the namespace.
    func generation() throws(NetlinkError) -> UInt32

    /// Reads a table whole; nil when it does not exist.
    func dump(_ table: TableID) throws(NetlinkError) -> TableSnapshot?

    /// Commits a transaction: all of it is in force when the call returns, or nothing of it and the call throws.
    func commit(_ transaction: Transaction) throws(NetlinkError)

    /// Commits a transaction unless anybody has committed one since the namespace had this generation.
    ///
    /// - Returns: the generation that it made; nil when nothing was done because the namespace has another one.
    func commit(_ transaction: Transaction, ifGeneration generation: UInt32) throws(NetlinkError) -> UInt32?

    /// Commits transactions in order, while the next ones are made.
    ///
    /// - Parameters:
    ///   - generation: which the namespace has, so that nobody's commit in between is passed over; nil where it is not known.
    ///   - next: nil where there is no more; it is not asked again after a refusal.
    func commit(from generation: UInt32?, _ next: () -> Transaction?) -> CommitRun

    /// Takes notice from now on of what others commit.
    func watch() throws(NetlinkError)

    /// Has input when somebody has committed since `watch`, perhaps through this; nil before.
    var descriptor: Int32? { get }

    /// What others have committed since the last call, or since `watch`.
    func notice() throws(NetlinkError) -> TableMonitor.Notice

    /// One element of a set, without reading the others; nil when there is none, nor the set, nor the table.
    func element(_ key: [UInt32], of set: String, in table: TableID) throws(NetlinkError) -> ElementContent?

    /// What has been committed through this.
    var statistics: CommitStatistics { get }
}

extension TableConnection {
    package var statistics: CommitStatistics { CommitStatistics() }

    package func commit(from generation: UInt32?, _ next: () -> Transaction?) -> CommitRun {
        var run = CommitRun(generation: generation)
        while !run.isOver, let transaction = next() {
            do throws(NetlinkError) {
                if let known = run.generation {
                    run.take(.success(try commit(transaction, ifGeneration: known)))
                } else {
                    try commit(transaction)
                    run.take(.success(nil))
                }
            } catch {
                run.take(.failure(error))
            }
        }
        return run
    }

    /// Dumps those of the tables that exist.
    package func dump(_ tables: [TableID]) throws(NetlinkError) -> [TableID: TableSnapshot] {
        var snapshots: [TableID: TableSnapshot] = [:]
        for table in tables { snapshots[table] = try dump(table) }
        return snapshots
    }
}
