import CLinux
import FoundationEssentials
import Glibc
import LinuxSystem

/// One network namespace of a lab, and running things in it.
package struct LabNamespace: Sendable, Hashable {
    /// The name in `ip netns list`.
    package let name: String
    let labFolder: String

    static func path(of name: String) -> String { "/run/netns/\(name)" }

    package var path: String { Self.path(of: name) }

    /// The same command inside the namespace, registered with the lab so that its removal ends it.
    func wrap(_ command: Command, label: String) -> Command {
        let record = "\(labFolder)/processes/\(label)-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        return Command(
            ["/bin/sh", "-c", ProcessRecord.script, record, "nsenter", "--net=\(path)", "--"] + command.arguments,
            environment: command.environment)
    }

    /// Runs a command in the namespace to its end.
    package func run(
        _ arguments: [String], environment: [String: String]? = nil, input: String = "",
        within limit: Duration = .seconds(30)
    ) throws -> Outcome {
        let wrapped = wrap(Command(arguments, environment: environment), label: label(arguments))
        defer { _ = unsafe unlink(wrapped.arguments[3]) }
        return try wrapped.run(input: input, within: limit)
    }

    /// Runs a command in the namespace and returns its output; throws when it fails.
    @discardableResult
    package func check(_ arguments: [String], input: String = "", within limit: Duration = .seconds(30)) throws
        -> String
    {
        let outcome = try run(arguments, input: input, within: limit)
        guard outcome.succeeded else {
            throw LabError(
                "`\(Command(arguments))` in \(name) exited with \(outcome.status): "
                    + outcome.errorOutput + outcome.output)
        }
        return outcome.output
    }

    /// Starts a command in the namespace; what it writes goes to a file of its own in the lab's `logs` folder.
    ///
    /// - Parameter log: how the file's name begins.
    package func start(_ arguments: [String], environment: [String: String]? = nil, log: String) throws
        -> BackgroundProcess
    {
        try BackgroundProcess(
            wrap(Command(arguments, environment: environment), label: label(arguments)),
            logPath: "\(labFolder)/logs/\(log)-\(String(UInt64.random(in: 0 ... .max), radix: 36)).log")
    }

    private func label(_ arguments: [String]) -> String {
        String((arguments.first ?? "").split(separator: "/").last ?? "process")
    }

    /// Runs `ip -batch` in the namespace.
    func ip(_ lines: [String]) throws {
        try Command(["ip", "-n", name, "-batch", "-"]).check(input: lines.joined(separator: "\n") + "\n")
    }

    /// Loads rules by `nft -f`, or runs one command such as `list ruleset`.
    ///
    /// For what a test wants to see or to disturb; the daemon under test has no part in it.
    @discardableResult
    package func nft(_ script: String) throws -> String { try check(["nft", "-f", "-"], input: script + "\n") }

    /// Replaces this process by a command in the namespace; returns only by throwing.
    func exec(_ arguments: [String]) throws -> Never {
        let words = wrap(Command(arguments), label: label(arguments)).arguments
        var pointers = unsafe words.map { unsafe strdup($0) } + [nil]
        _ = unsafe execv(words[0], &pointers)
        throw SystemError("run \(words[0])", Errno.current)
    }
}
