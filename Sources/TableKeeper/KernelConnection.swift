package import LinuxSystem
package import NFTables

/// The kernel's tables, over a socket that is opened when it is needed first: who has nothing to do needs none.
///
/// It belongs to one thread, and to the network namespace in which it was used first. Its end waits for an RCU grace
/// period, 10 ms and more, when elements were deleted through it a moment ago: whoever has something to do meanwhile,
/// such as deleting a link, lets it live until after that.
package final class KernelConnection: TableConnection {
    private var connection: Optional<NFTConnection> = .none

    private var monitor: Optional<TableMonitor> = .none
    /// The connection's, which never changes; 0 until it has one.
    private var port: UInt32 = 0

    package init() {}

    /// Over a socket that is open already, in the network namespace that it was opened in.
    package init(_ connection: consuming NFTConnection) { self.connection = consume connection }

    /// Opens the socket in the calling thread's network namespace, unless it is open.
    package func open() throws(NetlinkError) { try use { connection throws(NetlinkError) in } }

    private func use<T>(_ body: (inout NFTConnection) throws(NetlinkError) -> T) throws(NetlinkError) -> T {
        var open = if let existing = connection.take() { existing } else { try NFTConnection() }
        do throws(NetlinkError) {
            let result = try body(&open)
            connection = consume open
            return result
        } catch {
            connection = consume open
            throw error
        }
    }

    package func generation() throws(NetlinkError) -> UInt32 {
        try use { connection throws(NetlinkError) in try connection.generation() }
    }

    package func dump(_ table: TableID) throws(NetlinkError) -> TableSnapshot? {
        try use { connection throws(NetlinkError) in try connection.dump(table) }
    }

    package func commit(_ transaction: Transaction) throws(NetlinkError) {
        try use { connection throws(NetlinkError) in try connection.commit(transaction) }
    }

    package func commit(
        _ transaction: Transaction, ifGeneration generation: UInt32
    ) throws(NetlinkError) -> UInt32? {
        try use { connection throws(NetlinkError) in
            try connection.commit(transaction, ifGeneration: generation)
        }
    }

    package func commit(from generation: UInt32?, _ next: () -> Transaction?) -> CommitRun {
        var run = CommitRun(generation: generation)
        let lane: CommitLane
        do throws(NetlinkError) {
            try open()
            guard let open = connection.take() else { return run }
            do throws(SystemError) {
                lane = try CommitLane(open, generation: generation)
                try DedicatedThread.start("commits") { lane.commitAll() }
            } catch {
                throw NetlinkError(error.operation, error.errno)
            }
        } catch {
            run.take(.failure(error))
            return run
        }
        while let transaction = next(), lane.put(transaction) {}
        run = lane.finish()
        connection = lane.takeConnection()
        return run
    }

    package var statistics: CommitStatistics {
        switch connection {
        case .some(let connection): connection.statistics
        case .none: CommitStatistics()
        }
    }

    package func watch() throws(NetlinkError) { monitor = try TableMonitor() }

    package var descriptor: Int32? {
        switch monitor {
        case .some(let monitor): monitor.rawValue
        case .none: nil
        }
    }

    package func notice() throws(NetlinkError) -> TableMonitor.Notice {
        if port == 0 { port = try use { connection throws(NetlinkError) in try connection.port } }
        switch monitor {
        case .some(let monitor): return try monitor.read(ignoring: port)
        case .none: return TableMonitor.Notice()
        }
    }

    package func element(
        _ key: [UInt32], of set: String, in table: TableID
    ) throws(NetlinkError) -> ElementContent? {
        try use { connection throws(NetlinkError) in try connection.element(key, of: set, in: table) }
    }
}
