package import Glibc
import LinuxSystem

/// What a program left behind when it ended.
package struct ProcessOutcome: Sendable {
    /// The exit code, or 128 and the signal's number as shells have it.
    package let exitCode: Int32
    package let output: String
    package let errorOutput: String
}

/// A started program whose output goes to files that have no name.
///
/// No thread reads its output while it runs, so hundreds may run at once and none can block on a full pipe.
package struct RunningProcess: Sendable {
    package let pid: pid_t
    private let output: OutputFile
    private let errorOutput: OutputFile

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - environment: the whole environment; nothing is inherited.
    ///   - input: standard input.
    ///   - namespace: the network namespace to start it in; nil for the test's own.
    package init(
        _ path: String, _ arguments: [String] = [], environment: [String: String] = ["PATH": Programs.searchPath],
        input: String = "", in namespace: NetNS? = nil
    ) throws {
        let standardInput = try OutputFile(content: input)
        let output = try OutputFile()
        let errorOutput = try OutputFile()
        let launch = Launch(
            path: path, arguments: [path] + arguments, environment: environment.map { "\($0)=\($1)" },
            descriptors: [standardInput.rawValue, output.rawValue, errorOutput.rawValue])
        self.output = output
        self.errorOutput = errorOutput
        pid = try namespace.map { try $0.perform { () throws(SystemError) in try launch.spawn() } } ?? launch.spawn()
    }

    /// Waits for the program to end, without blocking a thread of the concurrency pool.
    ///
    /// - Parameter seconds: after so long the program is killed.
    package func outcome(within seconds: Int = 60) async throws -> ProcessOutcome {
        let pid = self.pid
        let exitCode: Int32 = try await withCheckedThrowingContinuation { continuation in
            do throws(SystemError) {
                try DedicatedThread.start("wait \(pid)") { continuation.resume(returning: reap(pid, seconds: seconds)) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
        return ProcessOutcome(exitCode: exitCode, output: try output.content(), errorOutput: try errorOutput.content())
    }

    /// What the program has written on standard output up to now.
    package func outputSoFar() throws -> String { try output.content() }

    /// What the program has written on standard error up to now.
    package func errorSoFar() throws -> String { try errorOutput.content() }

    /// Whether the program has written a text on either of its outputs, for which it has ten seconds.
    package func hasSaid(_ text: String) async throws -> Bool {
        for _ in 0..<1000 {
            if try outputSoFar().contains(text) || errorSoFar().contains(text) { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    /// Sends a signal to the program.
    package func signal(_ number: Int32) { kill(pid, number) }
}

/// Waits for a child and takes its exit code; kills it when the time is over.
private func reap(_ pid: pid_t, seconds: Int) -> Int32 {
    var status: Int32 = 0
    let pause: UInt32 = 500
    for _ in 0..<(seconds * 1_000_000 / Int(pause)) {
        let result = unsafe waitpid(pid, &status, WNOHANG)
        if result == pid { return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f) }
        if result < 0, errno != EINTR { return -1 }
        usleep(pause)
    }
    kill(pid, SIGKILL)
    _ = unsafe waitpid(pid, &status, 0)
    return 128 + SIGKILL
}

/// Everything `posix_spawn` needs, as values that may cross to another thread.
private struct Launch: Sendable {
    let path: String
    let arguments: [String]
    let environment: [String]
    /// What becomes standard input, output and error.
    let descriptors: [Int32]

    func spawn() throws(SystemError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (target, descriptor) in descriptors.enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(target))
        }
        // A thread of the concurrency pool blocks every signal, and its child would: SIGTERM could not end it.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var argumentPointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var environmentPointers = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe (argumentPointers + environmentPointers).forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let result = unsafe posix_spawn(
            &pid, path, &actions, &attributes, &argumentPointers, &environmentPointers)
        guard result == 0 else { throw SystemError("start \(path)", Errno(rawValue: result)) }
        return pid
    }
}

/// A file without a name.
///
/// It appends, because the program and whoever reads along share one file offset.
private final class OutputFile: Sendable {
    private let descriptor: FileDescriptor

    init(content: String = "") throws {
        let path = "/tmp/fairway-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        descriptor = try FileDescriptor.open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND)
        unsafe unlink(path)
        try descriptor.writeAll(Array(content.utf8))
        lseek(descriptor.rawValue, 0, SEEK_SET)
    }

    var rawValue: Int32 { descriptor.rawValue }

    func content() throws -> String {
        lseek(descriptor.rawValue, 0, SEEK_SET)
        return String(decoding: try descriptor.readToEnd(), as: UTF8.self)
    }
}
