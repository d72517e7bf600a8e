import CLinux
import FoundationEssentials
import Glibc
import LinuxSystem
import Synchronization

/// A child that runs beside its starter and writes both its outputs into a log file.
package final class BackgroundProcess: Sendable {
    package let pid: Int32
    /// The file that has everything the child wrote.
    package let logPath: String
    private let exitStatus = Mutex<Int32?>(nil)

    init(_ command: Command, logPath: String) throws {
        self.logPath = logPath
        let log = try FileDescriptor.open(logPath, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
        let nothing = try FileDescriptor.open("/dev/null", O_RDONLY)
        pid = try spawn(command, streams: [nothing.rawValue, log.rawValue, log.rawValue], ownSession: true)
    }

    /// Starts a program outside of any lab.
    package convenience init(_ arguments: [String], logPath: String) throws {
        try self.init(Command(arguments), logPath: logPath)
    }

    package var log: String {
        String(decoding: FileManager.default.contents(atPath: logPath) ?? Data(), as: UTF8.self)
    }

    /// True until the child was waited for; a zombie is not running.
    package var isRunning: Bool { exitStatus.withLock { $0 == nil } && ProcessIdentity(pid: pid) != nil }

    package func send(_ signal: Int32) {
        // Under the lock: the pid is this child's for as long as nobody has reaped it.
        exitStatus.withLock { status in if status == nil { kill(pid, signal) } }
    }

    /// Waits for the child's own end and returns its exit code, or 128 plus the signal's number.
    package func wait(within limit: Duration) throws -> Int32 {
        try exitStatus.withLock { status in
            if let status { return status }
            if let handle = ProcessHandle(child: pid) {
                guard handle.waitForExit(limit) else { throw LabError("process \(pid) did not end within \(limit)") }
            }
            let result = try ProcessEnd(ofChild: pid).shellStatus
            status = result
            return result
        }
    }

    /// Sends a signal and waits for the end; a child that is still there after the limit is killed, and that throws.
    @discardableResult
    package func stop(_ signal: Int32 = SIGTERM, within limit: Duration = .seconds(20)) throws -> Int32 {
        send(signal)
        do {
            return try wait(within: limit)
        } catch {
            send(SIGKILL)
            _ = try wait(within: limit)
            throw error
        }
    }

    /// Waits for a text in the log.
    package func waitForLog(_ text: String, within limit: Duration = .seconds(60)) throws {
        do {
            try waitUntil("`\(text)` in \(logPath)", within: limit) {
                if log.contains(text) { return true }
                if !isRunning { throw LabError("the process ended before it said `\(text)`") }
                return false
            }
        } catch {
            throw LabError("\(error)\n\(log)")
        }
    }
}
