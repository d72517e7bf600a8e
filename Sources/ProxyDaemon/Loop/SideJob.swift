import LinuxSystem
import Logging
import Synchronization

/// Work beside the dataplane's thread, on one of its own, and never twice at once.
final class SideJob: Sendable {
    private let name: String
    private let logger: Logger
    private let isBusy = Mutex(false)

    /// - Parameter name: the thread's.
    init(_ name: String, _ logger: Logger) {
        self.name = name
        self.logger = logger
    }

    /// Begins the work and returns at once.
    ///
    /// - Returns: false where the work before has not ended, or there is no thread; then nothing is begun.
    func begin(_ work: @escaping @Sendable () -> Void) -> Bool {
        let isFree = isBusy.withLock { busy in
            defer { busy = true }
            return !busy
        }
        guard isFree else { return false }
        do throws(SystemError) {
            try DedicatedThread.start(name) { [self] in
                work()
                isBusy.withLock { $0 = false }
            }
        } catch {
            logger.warning("no thread for work on the side", metadata: ["of": "\(name)", "reason": "\(error)"])
            isBusy.withLock { $0 = false }
            return false
        }
        return true
    }
}
