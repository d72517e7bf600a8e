import Frontends
import KubeModel
import LinuxSystem
import Logging
import NFTables
import ServiceTables

/// Keeps the kernel's tables equal to the objects that a source delivers.
///
/// It belongs to one thread.
struct Dataplane: ~Copyable {
    private var connection: NFTConnection
    private var rules: FrontendModel
    private var ruleset: ServiceTablePair
    private let options: ServiceTableOptions
    private let logger: Logger
    /// When to try again after the kernel refused and may differ from what the ruleset takes as committed.
    private var retryAt: UInt64?
    private var retryDelay = Dataplane.firstRetry
    private var unreadable = 0

    /// Milliseconds between a refused transaction and the next attempt; doubled up to the longest.
    private static let firstRetry = 100
    private static let longestRetry = 5000

    /// Opens the connection in the calling thread's network namespace.
    init(_ configuration: ProxyConfiguration, _ logger: Logger) throws(NFTablesError) {
        connection = try NFTConnection()
        rules = FrontendModel(nodeName: configuration.nodeName)
        options = configuration.ruleset
        ruleset = ServiceTablePair(options)
        self.logger = logger
    }

    /// Works through the mailbox until it is closed.
    ///
    /// - Throws: when the tables can't be read at the start; later failures are tried again.
    mutating func run(_ mailbox: Mailbox<SourceUpdate>) throws(NFTablesError) {
        // While the source still reads its files.
        ruleset = ServiceTablePair(options, kernel: try dump())
        guard synchronizeFirst(mailbox) else { return }
        while !mailbox.isClosed {
            take(mailbox.takeAll(timeout: timeout))
            if mailbox.isClosed { return }
            _ = commitUnlessTooSoon()
        }
    }

    /// Waits for the source's whole content, then commits until the kernel has it.
    ///
    /// - Returns: false when the mailbox was closed first.
    private mutating func synchronizeFirst(_ mailbox: Mailbox<SourceUpdate>) -> Bool {
        var updates: [SourceUpdate] = []
        while !updates.contains(where: \.complete) {
            if mailbox.isClosed { return false }
            updates += mailbox.takeAll(timeout: nil)
        }
        let start = MonotonicClock.now
        take(updates)
        while !commitUnlessTooSoon() {
            let more = mailbox.takeAll(timeout: timeout)
            if mailbox.isClosed { return false }
            take(more)
        }
        let size = ruleset.size
        logger.info(
            "ready",
            metadata: [
                "frontends": "\(size.frontends)", "endpoints": "\(size.backends)",
                "milliseconds": "\((MonotonicClock.now - start) / 1_000_000)",
            ])
        return true
    }

    private mutating func take(_ updates: [SourceUpdate]) {
        for update in updates {
            for case .set(.service(let service)) in update.changes { warn(of: service) }
            rules.apply(update.changes)
            unreadable = update.unreadable
        }
        ruleset.apply(rules.takeChanges())
        for conflict in rules.takeConflicts() {
            logger.warning(
                "several Services claim one frontend; the first serves it",
                metadata: [
                    "frontend": "\(conflict)",
                    "services": "\(rules.claimants(of: conflict).map(\.description).joined(separator: ", "))",
                ])
        }
        if unreadable == 0, !updates.isEmpty { ruleset.release() }
    }

    private func warn(of service: Service) {
        for limitation in service.limitations {
            logger.warning("\(limitation)", metadata: ["service": "\(service.name)"])
        }
    }

    /// Commits what changed, unless the kernel refused so recently that the next attempt has to wait.
    ///
    /// - Returns: false when the kernel does not have the rules yet; the next attempt starts from a dump.
    private mutating func commitUnlessTooSoon() -> Bool {
        if let retryAt, MonotonicClock.now < retryAt { return false }
        do throws(NFTablesError) {
            if retryAt != nil { ruleset.rebase(onto: try dump()) }
            retryAt = nil
            for transaction in ruleset.takeTransactions(now: MonotonicClock.now) {
                let start = MonotonicClock.now
                try connection.commit(transaction)
                logger.debug(
                    "committed",
                    metadata: [
                        "operations": "\(transaction.operations.count)",
                        "microseconds": "\((MonotonicClock.now - start) / 1000)",
                    ])
            }
            retryDelay = Self.firstRetry
            return true
        } catch {
            logger.error("\(error); will dump the tables and try again", metadata: ["in": "\(retryDelay)ms"])
            retryAt = MonotonicClock.now + UInt64(retryDelay) * 1_000_000
            retryDelay = min(retryDelay * 2, Self.longestRetry)
            return false
        }
    }

    private mutating func dump() throws(NFTablesError) -> [TableID: TableSnapshot] {
        var snapshots: [TableID: TableSnapshot] = [:]
        for table in ServiceTablePair.tableIDs { snapshots[table] = try connection.dump(table) }
        return snapshots
    }

    /// Milliseconds until the next transaction is due without a change; nil for never.
    private var timeout: Int? {
        (retryAt ?? ruleset.nextDeadline).map { deadline in
            let now = MonotonicClock.now
            return deadline <= now ? 0 : Int(clamping: (deadline - now) / 1_000_000 + 1)
        }
    }
}
