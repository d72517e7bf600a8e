import CLinux
import FoundationEssentials
import Glibc
import LinuxSystem

/// A program to run: its arguments, the first of which is its path or a name found in PATH.
package struct Command: Sendable, Hashable {
    package var arguments: [String]
    /// The whole environment of the program; nil for this process's own.
    package var environment: [String: String]?

    package init(_ arguments: [String], environment: [String: String]? = nil) {
        self.arguments = arguments
        self.environment = environment
    }
}

extension Command: CustomStringConvertible {
    /// The words as a person would type them.
    package var description: String {
        arguments.map { word in
            word.isEmpty || word.contains(where: { " ;|&$'\"(){}*".contains($0) }) ? "'\(word)'" : word
        }.joined(separator: " ")
    }
}

/// Starts a child by `posix_spawn`, with default signal dispositions and an empty signal mask.
///
/// `fork` would be unsafe here: the calling process has threads.
///
/// - Parameters:
///   - streams: the descriptors that become the child's 0, 1 and 2.
///   - ownSession: true for a child that is to outlive a Ctrl-C in this terminal.
func spawn(_ command: Command, streams: (Int32, Int32, Int32), ownSession: Bool) throws -> pid_t {
    guard let program = command.arguments.first else { throw LabError("an empty command") }
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawnattr_init(&attributes)
    defer {
        unsafe posix_spawn_file_actions_destroy(&actions)
        unsafe posix_spawnattr_destroy(&attributes)
    }
    for (target, source) in [streams.0, streams.1, streams.2].enumerated() {
        unsafe posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
    }
    var none = sigset_t()
    var all = sigset_t()
    unsafe sigemptyset(&none)
    unsafe sigfillset(&all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    var flags = Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF)
    if ownSession { flags |= fairway_spawn_setsid() }
    unsafe posix_spawnattr_setflags(&attributes, flags)

    let environment = command.environment ?? ProcessInfo.processInfo.environment
    var arguments = unsafe command.arguments.map { unsafe strdup($0) } + [nil]
    var variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer { unsafe (arguments + variables).forEach { unsafe free($0) } }
    return try TerminationGuard.start(foreground: !ownSession) {
        var pid: pid_t = 0
        let result = unsafe posix_spawnp(&pid, program, &actions, &attributes, &arguments, &variables)
        guard result == 0 else { throw SystemError("start \(program)", Errno(rawValue: result)) }
        return pid
    }
}
