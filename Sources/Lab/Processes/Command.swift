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

/// Starts a child, unless this process is about to end.
///
/// - Parameters:
///   - streams: the descriptors that become the child's 0, 1 and 2.
///   - ownSession: true for a child that is to outlive a Ctrl-C in this terminal.
func spawn(_ command: Command, streams: [Int32], ownSession: Bool) throws -> pid_t {
    guard let path = command.arguments.first else { throw LabError("an empty command") }
    let program = Program(
        path, Array(command.arguments.dropFirst()),
        environment: command.environment?.map { "\($0.key)=\($0.value)" } ?? ProcessEnvironment.all,
        descriptors: streams, hasOwnSession: ownSession)
    return try TerminationGuard.start(foreground: !ownSession) { try program.start() }
}
