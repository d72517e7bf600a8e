import CLinux
import Glibc
import LinuxSystem
import Synchronization

/// Runs clean-up work when the process is told to end by SIGINT, SIGTERM or SIGHUP.
///
/// From the signal on no child is started any more, so nothing new appears behind the clean-up's back.
enum TerminationGuard {
    private struct State {
        var isClosed = false
        var foreground: Set<pid_t> = []
        var actions: [String: @Sendable () -> Void] = [:]
    }

    private static let state = Mutex(State())
    /// Held while something is made whose clean-up is not registered yet; always taken before `state`.
    private static let steps = Mutex(())

    /// Takes the signals over for the whole process: call it first, before any thread is started.
    static func install() throws {
        let watched = signals
        unsafe withUnsafePointer(to: watched) { _ = unsafe pthread_sigmask(SIG_BLOCK, $0, nil) }
        try DedicatedThread.start("signals") {
            var signal: Int32 = 0
            var set = watched
            guard unsafe sigwait(&set, &signal) == 0 else { return }
            close()
            for action in state.withLock({ Array($0.actions.values) }) { action() }
            _exit(128 + signal)
        }
    }

    /// Gives the signals back their default meaning, for a process that is about to become another program.
    static func uninstall() {
        unsafe withUnsafePointer(to: signals) { _ = unsafe pthread_sigmask(SIG_UNBLOCK, $0, nil) }
    }

    static func onTermination(of key: String, _ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.actions[key] = action }
    }

    /// Runs work that makes something together with the registration of its clean-up: a signal waits for both.
    static func uninterrupted<Result>(_ body: () throws -> Result) throws -> Result {
        try steps.withLock { _ in
            if state.withLock(\.isClosed) { throw LabError("interrupted") }
            return try body()
        }
    }

    static func forget(_ key: String) { state.withLock { _ = $0.actions.removeValue(forKey: key) } }

    /// Starts a child, unless the process is about to end.
    static func start(foreground: Bool, _ body: () throws -> pid_t) throws -> pid_t {
        try state.withLock { state in
            if state.isClosed { throw LabError("interrupted") }
            let pid = try body()
            if foreground { state.foreground.insert(pid) }
            return pid
        }
    }

    /// Call it before the child is reaped: a pid in the set is a child's.
    static func willReap(_ pid: pid_t) { state.withLock { _ = $0.foreground.remove(pid) } }

    /// Leaves the end of the process to the signal's own thread, once there was a signal.
    static func waitIfTerminating() {
        while state.withLock(\.isClosed) { pause() }
    }

    private static func close() {
        steps.withLock { _ in
            state.withLock { state in
                state.isClosed = true
                for pid in state.foreground { kill(pid, SIGKILL) }
            }
        }
        try? waitUntil("the running commands to end", within: .seconds(2)) {
            state.withLock(\.foreground.isEmpty)
        }
    }

    private static var signals: sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&set, signal) }
        return set
    }
}
