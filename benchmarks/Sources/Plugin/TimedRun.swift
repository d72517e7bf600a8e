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
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, standardInput.rawValue, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, standardOutput.rawValue, 1)
        var words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe (words + variables).forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let start = MonotonicClock.now
        let error = unsafe posix_spawn(&pid, path, &actions, nil, &words, &variables)
        guard error == 0 else { throw SystemError("start \(path)", Errno(rawValue: error)) }
        var status: Int32 = 0
        try systemCall("wait for \(path)") { unsafe waitpid(pid, &status, 0) }
        nanoseconds = Double(MonotonicClock.now - start)
        self.status = status
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
