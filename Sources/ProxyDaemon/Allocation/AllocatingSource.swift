import Allocations
import KubeModel
import LinuxSystem
import Logging
import Synchronization

/// A source whose Services have the addresses and node ports that they did not name.
///
/// What was given out is on disk before it is delivered, so that no crash gives a Service another address.
final class AllocatingSource: ObjectSource {
    private let source: any ObjectSource
    private let ledger: Mutex<AllocationLedger>
    private let logger: Logger
    private let stopFlag: EventFlag
    private let isRetrying = Mutex(false)

    /// Milliseconds until a write is tried again.
    private static let retryDelay = 1000

    /// - Throws: `ConfigurationError` where what was given out before cannot be read.
    init(_ source: any ObjectSource, _ settings: AllocationSettings, _ logger: Logger) throws {
        self.source = source
        self.logger = logger
        ledger = Mutex(try AllocationLedger(settings, logger))
        stopFlag = try EventFlag()
    }

    func start(deliver: @escaping @Sendable (SourceUpdate) -> Void) throws {
        try source.start { [self] update in
            // Within the lock, so that nothing is delivered beside it.
            let isWritten = ledger.withLock { ledger in
                deliver(ledger.take(update))
                return ledger.isWritten
            }
            if !isWritten { retry(deliver) }
        }
    }

    func stop() {
        source.stop()
        stopFlag.raise()
    }

    /// Tries again until everything is on disk, on a thread of its own.
    private func retry(_ deliver: @escaping @Sendable (SourceUpdate) -> Void) {
        let isFirst = isRetrying.withLock { retrying in
            defer { retrying = true }
            return !retrying
        }
        guard isFirst else { return }
        do throws(SystemError) {
            try DedicatedThread.start("allocations") { [self] in
                var isWritten = false
                while !isWritten, !stopFlag.wait(timeout: Self.retryDelay) {
                    isWritten = ledger.withLock { ledger in
                        if let update = ledger.writeAgain() { deliver(update) }
                        // The next failure needs a thread again.
                        if ledger.isWritten { isRetrying.withLock { $0 = false } }
                        return ledger.isWritten
                    }
                }
            }
        } catch {
            isRetrying.withLock { $0 = false }
            logger.error("\(error); what is given out is written with the next change")
        }
    }
}
