import CLinux
import FoundationEssentials
import Glibc
import LinuxSystem

/// What became of a command that ran to its end.
package struct Outcome: Sendable, Hashable {
    /// The exit code, or 128 plus the signal's number.
    package let status: Int32
    package let output: String
    package let errorOutput: String

    package var succeeded: Bool { status == 0 }

    /// The output of a command that succeeded.
    ///
    /// - Throws: `LabError` with the command's own words when it did not.
    func output(of command: Command, in place: String? = nil) throws -> String {
        guard succeeded else {
            let location = place.map { " in \($0)" } ?? ""
            throw LabError("`\(command)`\(location) exited with \(status): \(errorOutput)\(output)")
        }
        return output
    }
}

extension Command {
    /// Runs the command to its end.
    ///
    /// - Parameter limit: after which the command is killed and the call throws.
    package func run(input: String = "", within limit: Duration = .seconds(30)) throws -> Outcome {
        let deadline = Deadline(limit)
        let source = try Pipe()
        let output = try Pipe()
        let errors = try Pipe()
        let pid = try spawn(
            self, streams: (source.readEnd, output.writeEnd, errors.writeEnd), ownSession: false)
        source.closeReadEnd()
        output.closeWriteEnd()
        errors.closeWriteEnd()
        let exchange = PipeExchange(input: source, output: output, errors: errors)
        let complete = exchange.run(Array(input.utf8), until: deadline)
        if !complete { kill(pid, SIGKILL) }
        TerminationGuard.willReap(pid)
        let status = try reap(pid)
        guard complete else { throw LabError("`\(self)` did not end within \(limit): \(exchange.texts.1)") }
        return Outcome(status: status, output: exchange.texts.0, errorOutput: exchange.texts.1)
    }

    /// Runs the command and returns its output.
    ///
    /// - Throws: `LabError` with the command's own words when it exits with anything but 0.
    @discardableResult
    package func check(input: String = "", within limit: Duration = .seconds(30)) throws -> String {
        try run(input: input, within: limit).output(of: self)
    }
}

/// Takes a child's exit status; blocks until the child has ended.
func reap(_ pid: pid_t) throws -> Int32 {
    var status: Int32 = 0
    try systemCall("wait for process \(pid)") { unsafe waitpid(pid, &status, 0) }
    let signal = status & 0x7f
    return signal == 0 ? status >> 8 & 0xff : 128 + signal
}
