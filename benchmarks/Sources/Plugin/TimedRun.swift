import Glibc
import LinuxSystem

/// One execution of a program: how long it took, how it ended and what it said.
struct TimedRun: Sendable {
    /// From `posix_spawn` to the program's end.
    let nanoseconds: Double
    let status: Int32
    let output: String

    /// Runs a program with a text on standard input, in the calling thread's network namespace.
    init(
        _ path: String, _ arguments: [String] = [], environment: [String], input: String
    ) throws(SystemError) {
        let standardInput = try Self.file(input)
        let standardOutput = try Self.file("")
        let program = Program(
            path, arguments, environment: environment,
            descriptors: [standardInput.rawValue, standardOutput.rawValue])
        let start = MonotonicClock.now
        let end = try ProcessEnd(ofChild: program.start())
        nanoseconds = Double(MonotonicClock.now - start)
        status = end.shellStatus
        lseek(standardOutput.rawValue, 0, SEEK_SET)
        output = String(decoding: try standardOutput.readToEnd(), as: UTF8.self)
    }

    /// A file without a name that holds a text, read from its start.
    private static func file(_ content: String) throws(SystemError) -> FileDescriptor {
        let path = "/tmp/fairway-bench-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let file = try FileDescriptor.open(path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        unsafe unlink(path)
        try file.writeAll(content.utf8)
        lseek(file.rawValue, 0, SEEK_SET)
        return file
    }
}
