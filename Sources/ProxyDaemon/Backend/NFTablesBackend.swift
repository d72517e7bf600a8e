package import Frontends
import LinuxSystem
import NFTables
package import ServiceTables
package import TableKeeper

/// Frontends as elements of nftables, in the tables `ip fairway` and `ip6 fairway`.
package struct NFTablesBackend: ServiceBackend {
    private let keeper: TableKeeper
    private var tables: ServiceTablePair
    /// The kernel may differ from what the tables take as committed: the next commit starts from a dump.
    private var isUncertain = false
    /// What was found at the start and is mended with the first commit.
    private var foundDamage: [String] = []
    /// The generation of what was adopted or committed last, so that whoever else commits is found out; nil from when
    /// others are watched, and where it is not known.
    private var generation: UInt32?
    /// When to try again what the kernel refused.
    private var refusedRetry: UInt64?
    private var refusedPause = NFTablesBackend.firstPause

    /// Nanoseconds between a refused object's attempts; doubled up to the longest.
    private static let firstPause: UInt64 = 5_000_000_000
    private static let longestPause: UInt64 = 300_000_000_000
    /// How often pieces go on after somebody else has committed in between.
    private static let overtakings = 20

    package init(_ connection: any TableConnection, _ options: ServiceTableOptions) {
        keeper = TableKeeper(connection)
        tables = ServiceTablePair(options)
    }

    package mutating func adopt() throws(BackendError) {
        let kernel: [TableID: TableSnapshot]
        do throws(NetlinkError) {
            generation = try keeper.connection.generation()
            kernel = try keeper.connection.dump(ServiceTablePair.tableIDs)
        } catch {
            throw BackendError(.kernel(error))
        }
        do throws(NewerFormat) {
            tables = try ServiceTablePair(tables.options, kernel: kernel)
        } catch {
            throw BackendError(.newerFormat(error))
        }
        foundDamage = TableChanges(differences: tables.damage).damage
    }

    package mutating func apply(_ changes: [FrontendChange]) { tables.apply(changes) }

    package mutating func release() { tables.release() }

    package mutating func commit(now: UInt64) throws(BackendError) -> CommitReport {
        if let refusedRetry, now >= refusedRetry { isUncertain = true }
        if isUncertain { return try verify(now: now) }
        var report = CommitReport()
        for transaction in tables.takeTransactions(now: now) {
            var isOvertaken = false
            do throws(NetlinkError) {
                if let known = generation {
                    let next = try keeper.connection.commit(transaction, ifGeneration: known)
                    generation = next ?? known
                    isOvertaken = next == nil
                } else {
                    try keeper.connection.commit(transaction)
                }
                report.commits += 1
            } catch {
                isUncertain = true
                if error.isTransient || error.isForbidden { throw BackendError(.kernel(error)) }
                report = try verify(now: now)
                report.complaint = "\(error)"
                return report
            }
            if isOvertaken { return try verify(now: now) }
        }
        report.damage = foundDamage
        foundDamage = []
        return report
    }

    package var isNew: Bool { tables.areNew && !isUncertain }

    package mutating func commit(
        now: UInt64, pieces next: () -> [FrontendChange]?
    ) throws(BackendError) -> CommitReport {
        var commits = 0
        var run = CommitRun(generation: generation)
        for _ in 0..<Self.overtakings {
            var waiting: [Transaction] = []
            run = keeper.connection.commit(from: generation) {
                while waiting.isEmpty, let changes = next() {
                    tables.apply(changes)
                    waiting = tables.takeTransactions(now: now)
                }
                return waiting.isEmpty ? nil : waiting.removeFirst()
            }
            generation = run.generation
            commits += run.commits
            guard run.isOvertaken else { break }
            // What has been taken in so far is compared and mended, and the pieces go on from there.
            do throws(BackendError) {
                commits += try verify(now: now).commits
            } catch {
                while let changes = next() { tables.apply(changes) }
                throw error
            }
        }
        // What was left after a refusal.
        while let changes = next() { tables.apply(changes) }
        if let failure = run.failure {
            isUncertain = true
            if failure.isTransient || failure.isForbidden { throw BackendError(.kernel(failure)) }
        }
        var report = try commit(now: now)
        report.commits += commits
        report.complaint = run.failure.map { "\($0)" } ?? report.complaint
        return report
    }

    package mutating func verify(now: UInt64) throws(BackendError) -> CommitReport {
        tables.now = now
        isUncertain = true
        do throws(KeeperError) {
            let outcome = try keeper.reconcile(&tables)
            isUncertain = false
            if generation != nil { generation = outcome.generation }
            noteRefused(!outcome.refused.isEmpty, now)
            let report = CommitReport(
                commits: outcome.commits, damage: foundDamage + outcome.damage.filter { !foundDamage.contains($0) },
                refused: outcome.refused.map { ("\($0.object)", "\($0.reason)") }, generation: outcome.generation,
                isFull: true)
            foundDamage = []
            return report
        } catch {
            throw BackendError(error)
        }
    }

    private mutating func noteRefused(_ isRefused: Bool, _ now: UInt64) {
        guard isRefused else {
            refusedRetry = nil
            refusedPause = Self.firstPause
            return
        }
        refusedRetry = now + refusedPause
        refusedPause = min(2 * refusedPause, Self.longestPause)
    }

    package var nextDeadline: UInt64? { [tables.nextDeadline, refusedRetry].compactMap(\.self).min() }

    package mutating func watch() throws(BackendError) -> Bool {
        let known = generation
        generation = nil
        do throws(NetlinkError) {
            try keeper.connection.watch()
            return try keeper.connection.generation() != known
        } catch {
            throw BackendError(.kernel(error))
        }
    }

    package var descriptor: Int32? { keeper.connection.descriptor }

    package mutating func takeNotice() -> ForeignChanges {
        // Nobody can tell what was not read.
        let notice = (try? keeper.connection.notice()) ?? TableMonitor.Notice(isLost: true)
        return ForeignChanges(
            isOurs: notice.isLost || !notice.tables.isDisjoint(with: ServiceTablePair.tableIDs),
            isRules: notice.isLost || notice.hasRules)
    }

    package var statistics: BackendStatistics {
        let known = keeper.connection.statistics
        var statistics = BackendStatistics()
        statistics.transactions = known.transactions
        (statistics.added, statistics.deleted) = (known.addedElements, known.deletedElements)
        for (error, count) in known.errors { statistics.errors["\(error)", default: 0] += count }
        return statistics
    }

    package var size: (frontends: Int, backends: Int) { tables.size }
}

extension BackendError {
    init(_ error: KeeperError) {
        switch error {
        case .kernel(let reason):
            self.init(reason.isTransient ? .temporary : .refused, "\(reason)", isForbidden: reason.isForbidden)
        case .newerFormat: self.init(.newerFormat, "\(error)")
        }
    }
}
