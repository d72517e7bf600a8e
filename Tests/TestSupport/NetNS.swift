import Glibc
package import LinuxSystem

/// A network namespace of a test's own: it has no name and ends with the test, however that ends.
package final class NetNS: Sendable {
    private let namespace: NetworkNamespace

    package init() throws { namespace = try NetworkNamespace.fresh() }

    /// A path by which other processes reach the namespace for as long as this object lives.
    package var path: String { "/proc/\(getpid())/fd/\(namespace.rawValue)" }

    /// Runs a body on a thread inside the namespace and waits for it.
    package func perform<T: ~Copyable & Sendable>(
        _ body: @escaping @Sendable () throws(SystemError) -> T
    ) throws(SystemError) -> T {
        try namespace.perform(body)
    }

    /// Runs a program from `$PATH` in the namespace: `run("ip", "link", "show")`.
    package func run(_ program: String, _ arguments: String...) async throws -> ProcessOutcome {
        try await RunningProcess(Programs.path(of: program), arguments, in: self).outcome()
    }

    /// Runs a program and demands that it succeeds; returns its standard output.
    @discardableResult
    package func demand(_ program: String, _ arguments: String...) async throws -> String {
        let outcome = try await RunningProcess(Programs.path(of: program), arguments, in: self).outcome()
        guard outcome.exitCode == 0 else {
            throw ProgramFailure(program: program, arguments: arguments, outcome: outcome)
        }
        return outcome.output
    }
}

extension NetNS {
    /// Runs `ip` with a command on each line.
    package func batch(_ commands: String) async throws {
        let outcome = try await RunningProcess(
            Programs.path(of: "ip"), ["-batch", "-"], input: commands + "\n", in: self
        ).outcome()
        guard outcome.exitCode == 0 else {
            throw ProgramFailure(program: "ip -batch", arguments: [commands], outcome: outcome)
        }
    }
}

/// A program that did not succeed.
package struct ProgramFailure: Error, CustomStringConvertible {
    package let program: String
    package let arguments: [String]
    package let outcome: ProcessOutcome

    package init(program: String, arguments: [String], outcome: ProcessOutcome) {
        self.program = program
        self.arguments = arguments
        self.outcome = outcome
    }

    package var description: String {
        "\(program) \(arguments.joined(separator: " ")): exit \(outcome.exitCode): \(outcome.errorOutput)"
    }
}
