import FoundationEssentials
import Glibc

/// The file in which a process of a lab names itself before it does anything else.
enum ProcessRecord {
    /// A shell's script that writes the record to `$0` and then becomes the program `$@`.
    ///
    /// The record is written by the process itself: its starter could be killed between starting it and writing.
    /// When the lab's folder is gone the write fails, and the program never runs.
    private static let script = #"IFS= read -r stat </proc/$$/stat && echo "$$ ${stat##*) }" >"$0" && exec "$@""#

    /// The same command, registered with a lab.
    ///
    /// - Returns: the command, and the record's path, for whoever sees the process end.
    static func registered(_ command: Command, in labFolder: String) -> (command: Command, record: String) {
        let program = (command.arguments.first ?? "").split(separator: "/").last ?? "process"
        let record = "\(labFolder)/processes/\(program)-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        let words = ["/bin/sh", "-c", script, record] + command.arguments
        return (Command(words, environment: command.environment), record)
    }

    /// Runs a command to its end, registered with a lab for as long as it takes.
    static func run(_ command: Command, in labFolder: String, input: String, within limit: Duration) throws -> Outcome {
        let (registered, record) = registered(command, in: labFolder)
        defer { _ = unsafe unlink(record) }
        return try registered.run(input: input, within: limit)
    }

    /// The process of a record; nil when it never came to write one.
    static func read(_ path: String) -> ProcessIdentity? {
        var words: [Substring] = []
        // A record that was opened a moment ago is still empty.
        try? waitUntil("a record", within: .milliseconds(100)) {
            let data = FileManager.default.contents(atPath: path) ?? Data()
            words = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace)
            return data.last == UInt8(ascii: "\n")
        }
        guard words.count > 20, let pid = Int32(words[0]), let start = UInt64(words[20]) else { return nil }
        return ProcessIdentity(pid: pid, startTime: start)
    }
}
