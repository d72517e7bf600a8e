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
        let streams = try ChildStreams(outputs: 2)
        let pid = try spawn(self, streams: streams.childEnds, ownSession: false)
        streams.closeChildEnds()
        let exchanged = Result { () throws(SystemError) in
            try streams.exchange(Array(input.utf8)) { deadline.milliseconds }
        }
        let isComplete = (try? exchanged.get()) ?? false
        if !isComplete { kill(pid, SIGKILL) }
        TerminationGuard.willReap(pid)
        let end = try ProcessEnd(ofChild: pid)
        let texts = streams.taken.map { String(decoding: $0, as: UTF8.self) }
        guard try exchanged.get() else { throw LabError("`\(self)` did not end within \(limit): \(texts[1])") }
        return Outcome(status: end.shellStatus, output: texts[0], errorOutput: texts[1])
    }

    /// Runs the command and returns its output.
    ///
    /// - Throws: `LabError` with the command's own words when it exits with anything but 0.
    @discardableResult
    package func check(input: String = "", within limit: Duration = .seconds(30)) throws -> String {
        try run(input: input, within: limit).output(of: self)
    }
}
