import CLinux
import FoundationEssentials
import Glibc
import LinuxSystem

/// A process that cannot be mistaken for a later one with the same pid.
package struct ProcessIdentity: Sendable, Hashable, Codable {
    package let pid: Int32
    /// Field 22 of `/proc/PID/stat`: clock ticks between boot and the process's start.
    package let startTime: UInt64

    package init(pid: Int32, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }

    /// The process that has this pid now; nil when there is none, or only its zombie is left.
    package init?(pid: Int32) {
        guard let fields = Self.statFields(pid), fields.count > 19, fields[0] != "Z", fields[0] != "X",
            let start = UInt64(fields[19])
        else { return nil }
        self.init(pid: pid, startTime: start)
    }

    package static var current: ProcessIdentity? { ProcessIdentity(pid: getpid()) }

    package var isAlive: Bool { ProcessIdentity(pid: pid) == self }

    /// Ends the process: SIGTERM, and SIGKILL for one that is still there after the grace time.
    ///
    /// Returns when the process is gone, or a second after SIGKILL.
    package func terminate(grace: Duration = .seconds(2)) {
        guard let handle = ProcessHandle(self) else { return }
        handle.send(SIGTERM)
        if !handle.waitForExit(grace) {
            handle.send(SIGKILL)
            handle.waitForExit(.seconds(1))
        }
    }

    /// The fields of `/proc/PID/stat` after the name, which may hold spaces itself; the first is the state.
    private static func statFields(_ pid: Int32) -> [Substring]? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat"),
            let end = data.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        return String(decoding: data[data.index(after: end)...], as: UTF8.self).split(whereSeparator: \.isWhitespace)
    }
}

/// A hold on a process through a pidfd, which names it even after its pid was given to another one.
struct ProcessHandle: ~Copyable {
    private let descriptor: FileDescriptor

    /// Returns nil when the process is gone already.
    init?(_ identity: ProcessIdentity) {
        let fd = fairway_pidfd_open(identity.pid)
        guard fd >= 0 else { return nil }
        let opened = FileDescriptor(adopting: fd)
        // Compared after the open: from here on the descriptor means this process or none.
        guard identity.isAlive else { return nil }
        descriptor = opened
    }

    /// Opens a child of this process, which cannot be reaped by anybody else.
    init?(child pid: Int32) {
        let fd = fairway_pidfd_open(pid)
        guard fd >= 0 else { return nil }
        descriptor = FileDescriptor(adopting: fd)
    }

    borrowing func send(_ signal: Int32) { _ = fairway_pidfd_send_signal(descriptor.rawValue, signal) }

    /// Waits until the process has ended; false when the time is over first.
    @discardableResult
    borrowing func waitForExit(_ limit: Duration) -> Bool {
        let fd = descriptor.rawValue
        return Deadline(limit).poll(fd, POLLIN)
    }
}
