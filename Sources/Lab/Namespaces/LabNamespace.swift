import Glibc
import LinuxSystem

/// One network namespace of a lab, and running things in it.
package struct LabNamespace: Sendable, Hashable {
    /// The name in `ip netns list`.
    package let name: String
    let labFolder: String

    static func path(of name: String) -> String { "/run/netns/\(name)" }

    package var path: String { Self.path(of: name) }

    private func entering(_ arguments: [String], _ environment: [String: String]? = nil) -> Command {
        Command(["nsenter", "--net=\(path)", "--"] + arguments, environment: environment)
    }

    /// Runs a command in the namespace to its end.
    package func run(
        _ arguments: [String], environment: [String: String]? = nil, input: String = "",
        within limit: Duration = .seconds(30)
    ) throws -> Outcome {
        try ProcessRecord.run(entering(arguments, environment), in: labFolder, input: input, within: limit)
    }

    /// Runs a command in the namespace and returns its output; throws when it fails.
    @discardableResult
    package func check(_ arguments: [String], input: String = "", within limit: Duration = .seconds(30)) throws
        -> String
    {
        try run(arguments, input: input, within: limit).output(of: Command(arguments), in: name)
    }

    /// Starts a command in the namespace; what it writes goes to a file of its own in the lab's `logs` folder.
    ///
    /// - Parameter log: how the file's name begins.
    package func start(_ arguments: [String], environment: [String: String]? = nil, log: String) throws
        -> BackgroundProcess
    {
        try BackgroundProcess(
            ProcessRecord.registered(entering(arguments, environment), in: labFolder).command,
            logPath: "\(labFolder)/logs/\(log)-\(String(UInt64.random(in: 0 ... .max), radix: 36)).log")
    }

    /// Runs `ip -batch` in the namespace.
    func ip(_ lines: [String]) throws {
        try Self.ip(["-n", name], lines, in: labFolder)
    }

    /// Runs `ip -batch` with these options in the host's namespace, where namespaces themselves are made.
    static func ip(_ options: [String], _ lines: [String], in labFolder: String) throws {
        let command = Command(["ip"] + options + ["-batch", "-"])
        let outcome = try ProcessRecord.run(
            command, in: labFolder, input: lines.joined(separator: "\n") + "\n", within: .seconds(30))
        _ = try outcome.output(of: command, in: "the host")
    }

    /// Loads rules by `nft -f`.
    ///
    /// For what a test wants to see or to disturb; the daemon under test has no part in it.
    package func nft(_ script: String) throws { try check(["nft", "-f", "-"], input: script + "\n") }

    /// Replaces this process by a command in the namespace; returns only by throwing.
    func exec(_ arguments: [String]) throws -> Never {
        let words = ProcessRecord.registered(entering(arguments), in: labFolder).command.arguments
        var pointers = unsafe words.map { unsafe strdup($0) } + [nil]
        _ = unsafe execv(words[0], &pointers)
        throw SystemError("run \(words[0])", Errno.current)
    }
}
