import CLinux
import Glibc

/// A program to start as a child of this process.
///
/// `fork` is no way to do so: the process may have threads.
package struct Program: Sendable {
    /// A name without a slash is looked for in PATH.
    package var path: String
    /// All of them, the program's own name first.
    package var arguments: [String]
    /// The whole environment, as `NAME=value`.
    package var environment: [String]
    /// Open descriptors that become its 0, 1 and so on; of the three standard ones it inherits the rest, and no others.
    package var descriptors: [Int32]
    /// Whether it leads a session of its own: a Ctrl-C in this process's terminal does not reach it.
    package var hasOwnSession: Bool

    /// - Parameter arguments: without the program's own name.
    package init(
        _ path: String, _ arguments: [String] = [], environment: [String], descriptors: [Int32],
        hasOwnSession: Bool = false
    ) {
        self.path = path
        self.arguments = [path] + arguments
        self.environment = environment
        self.descriptors = descriptors
        self.hasOwnSession = hasOwnSession
    }

    /// Starts the program, in the network namespace of the calling thread.
    ///
    /// No signal is blocked in it and each has its default meaning: a thread may block all of them, and a plugin ignores
    /// SIGHUP and SIGPIPE for itself.
    ///
    /// - Returns: the child's pid; somebody has to wait for its end.
    /// - Throws: `ETXTBSY` while somebody has the program open for writing.
    package func start() throws(SystemError) -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        // Ends of pipes are close-on-exec; the copies are not.
        for (target, descriptor) in descriptors.enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(target))
        }
        // Libraries open sockets that are not: a child would keep a port, or a connection, open after this process.
        unsafe fairway_spawn_close_from(&actions, Int32(max(3, descriptors.count)))
        var none = sigset_t()
        var all = sigset_t()
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        var flags = Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF)
        if hasOwnSession { flags |= fairway_spawn_setsid() }
        unsafe posix_spawnattr_setflags(&attributes, flags)
        var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe (words + variables).forEach { unsafe free($0) } }
        var pid: Int32 = 0
        let result = unsafe posix_spawnp(&pid, path, &actions, &attributes, &words, &variables)
        guard result == 0 else { throw SystemError("start \(path)", Errno(rawValue: result)) }
        return pid
    }
}

/// How a process ended.
package enum ProcessEnd: Sendable, Hashable {
    case exited(Int32)
    case signalled(Int32)

    /// - Parameter status: as waitpid(2) gives it.
    package init(status: Int32) {
        let signal = status & 0x7f
        self = signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
    }

    /// Waits for a child's end and takes it, so that its pid may be another process's from then on.
    package init(ofChild pid: Int32) throws(SystemError) {
        var status: Int32 = 0
        try systemCall("wait for process \(pid)") { unsafe waitpid(pid, &status, 0) }
        self.init(status: status)
    }

    /// Waits for a child's end for so long, then ends it and leaves it.
    ///
    /// - Returns: nil where it had to be ended, or cannot be waited for.
    package init?(ofChild pid: Int32, within milliseconds: Int) {
        var status: Int32 = 0
        for _ in 0..<milliseconds {
            let result = unsafe waitpid(pid, &status, WNOHANG)
            if result == pid {
                self.init(status: status)
                return
            }
            if result < 0, Errno.current != .interrupted { return nil }
            Pause.milliseconds(1)
        }
        kill(pid, SIGKILL)
        _ = unsafe waitpid(pid, &status, WNOHANG)
        return nil
    }

    /// The exit code, or 128 and the signal's number as shells have it.
    package var shellStatus: Int32 {
        switch self {
        case .exited(let code): code
        case .signalled(let signal): 128 + signal
        }
    }
}
