import KubeModel
import Logging

/// What the log says of commits: the first change at once, and those of the second after it in one line.
///
/// Where objects change all the time a line for each would be hundreds of megabytes a day, and cost as much as the change.
struct ChangeLog {
    /// What the kernel does not have yet.
    private var pending = ChangeSummary()
    /// What it has, and nobody was told of.
    private var done = ChangeSummary()
    private var transactions = 0
    /// Nanoseconds.
    private var duration: UInt64 = 0
    /// No line sooner, in nanoseconds of a monotonic clock.
    private var notBefore: UInt64 = 0

    /// Nanoseconds between two lines.
    private static let interval: UInt64 = 1_000_000_000

    mutating func note(_ changes: [ObjectChange]) { pending.note(changes) }

    /// When to call `tell` although nothing happens; nil where all is told.
    var deadline: UInt64? { done.isEmpty ? nil : notBefore }

    /// Takes note that the kernel has all that was noted.
    ///
    /// - Parameter duration: of the transactions, in nanoseconds.
    mutating func noteCommit(_ transactions: Int, _ duration: UInt64, now: UInt64, _ logger: Logger) {
        defer { pending.clear() }
        if transactions == 0 { return }
        if pending.isEmpty {
            logger.debug(
                "committed", metadata: ["transactions": "\(transactions)", "microseconds": "\(duration / 1000)"])
            return
        }
        done.add(pending)
        self.transactions += transactions
        self.duration += duration
        tell(now: now, logger)
    }

    /// Says what waits, where it is time.
    mutating func tell(now: UInt64, _ logger: Logger) {
        guard !done.isEmpty, now >= notBefore else { return }
        tellAll(logger)
        notBefore = now + Self.interval
    }

    /// Says what waits at once, because there is no later.
    mutating func tellAll(_ logger: Logger) {
        guard !done.isEmpty else { return }
        logger.info(
            "changed",
            metadata: [
                "transactions": "\(transactions)", "microseconds": "\(duration / 1000)", "objects": "\(done.names)",
            ])
        done.clear()
        (transactions, duration) = (0, 0)
    }
}
