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
        let program = Program(
            path, arguments, environment: environment.map { "\($0)=\($1)" },
            descriptors: [standardInput.rawValue, output.rawValue, errorOutput.rawValue])
        self.output = output
        self.errorOutput = errorOutput
        pid = try namespace.map { try $0.perform { () throws(SystemError) in try program.start() } } ?? program.start()
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
        if result == pid { return ProcessEnd(status: status).shellStatus }
        if result < 0, errno != EINTR { return -1 }
        usleep(pause)
    }
    kill(pid, SIGKILL)
    _ = unsafe waitpid(pid, &status, 0)
    return 128 + SIGKILL
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
