import CLinux
import Glibc
import LinuxSystem
import NetworkTypes

/// A client that opens many connections, each from a new socket, and counts what came back.
struct Connector: ~Copyable {
    private let target: SocketAddress
    private let options: ConnectOptions
    private var queue: EventQueue
    private var report = ConnectReport()
    private var latencies: [Int] = []
    private var underway: [Int32: Attempt] = [:]
    /// Descriptors with the moment they were begun at, in that order; finished ones are skipped when they come up.
    private var oldest: [(fd: Int32, serial: Int)] = []
    private var oldestHead = 0

    private struct Attempt {
        let serial: Int
        let began: ContinuousClock.Instant
        var received: [UInt8] = []
        var isConnected: Bool
    }

    init(to address: IPAddress, _ port: UInt16, _ options: ConnectOptions) throws {
        target = SocketAddress(address, port)
        self.options = options
        queue = try EventQueue()
    }

    /// Runs to the last answer.
    ///
    /// - Parameter stop: a descriptor that becomes readable when no further connection is to be begun.
    consuming func run(stop: Int32) throws -> ConnectReport {
        try queue.add(stop, EventQueue.readable)
        let start = ContinuousClock.now
        var stopped = false
        while (report.attempts < options.count && !stopped) || !underway.isEmpty {
            if !stopped { beginDue(since: start) }
            for fd in queue.wait(milliseconds: patience(since: start)) {
                if fd == stop { stopped = true } else { advance(fd) }
            }
            expire()
            if options.giveUpAfter > 0, report.succeeded == 0, report.failed >= options.giveUpAfter { stopped = true }
        }
        let elapsed = (ContinuousClock.now - start).components
        report.finish(
            latencies: latencies, seconds: Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18)
        return report
    }

    /// How many connections should have been begun by now, at the wanted rate.
    private func due(since start: ContinuousClock.Instant) -> Int {
        guard options.rate > 0 else { return options.count }
        let elapsed = (ContinuousClock.now - start).components
        let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
        return min(options.count, Int(seconds * Double(options.rate)) + 1)
    }

    private mutating func beginDue(since start: ContinuousClock.Instant) {
        let due = due(since: start)
        while report.attempts < due, underway.count < options.parallel { begin() }
    }

    private func patience(since start: ContinuousClock.Instant) -> Int32 {
        if options.rate > 0 && report.attempts < options.count { return 1 }
        return Int32(min(options.timeoutMilliseconds, 20))
    }

    private mutating func begin() {
        report.attempts += 1
        do throws(SystemError) {
            let socket = try Socket(target.address.family, options.proto)
            if let source = options.source { try socket.bind(source, 0) }
            try socket.connect(target.address, target.port)
            if options.proto == .tcp {
                socket.resetOnClose()
            } else if let errno = socket.send([UInt8(ascii: "?"), UInt8(ascii: "\n")]) {
                throw SystemError("send", errno)
            }
            let fd = socket.release()
            underway[fd] = Attempt(serial: report.attempts, began: .now, isConnected: options.proto == .udp)
            oldest.append((fd, report.attempts))
            try queue.add(fd, options.proto == .udp ? EventQueue.readable : EventQueue.writable)
        } catch {
            fail(error.errno)
        }
    }

    private mutating func advance(_ fd: Int32) {
        guard var attempt = underway[fd] else { return }
        if !attempt.isConnected {
            if let errno = pendingError(fd) { return end(fd, errno) }
            attempt.isConnected = true
            underway[fd] = attempt
            do { try queue.change(fd, EventQueue.readable) } catch { end(fd, error.errno) }
            return
        }
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = unsafe recv(fd, &buffer, buffer.count, 0)
        let errno = Errno.current
        if count > 0 {
            attempt.received += buffer[..<count]
            underway[fd] = attempt
        } else if count < 0 {
            if errno != .wouldBlock && errno != .interrupted { end(fd, errno) }
            return
        }
        if attempt.received.last == UInt8(ascii: "\n") || count == 0 { succeed(fd, attempt) }
    }

    private mutating func succeed(_ fd: Int32, _ attempt: Attempt) {
        let words = String(decoding: attempt.received, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        remove(fd)
        guard words.count == 2, let client = SocketAddress(words[1]) else {
            report.failures[.garbled, default: 0] += 1
            return
        }
        report.succeeded += 1
        report.responders[String(words[0]), default: 0] += 1
        report.clients["\(client.address)", default: 0] += 1
        let took = (ContinuousClock.now - attempt.began).components
        latencies.append(Int(took.seconds) * 1_000_000 + Int(took.attoseconds / 1_000_000_000_000))
    }

    private mutating func end(_ fd: Int32, _ errno: Errno) {
        let wasConnected = options.proto == .tcp && underway[fd]?.isConnected == true
        remove(fd)
        if wasConnected && errno.rawValue == ECONNRESET {
            report.failures[.reset, default: 0] += 1
        } else {
            fail(errno)
        }
    }

    private mutating func fail(_ errno: Errno) {
        let kind: ConnectReport.Failure =
            switch errno.rawValue {
            case ECONNREFUSED: .refused
            case ECONNRESET: .reset
            case ETIMEDOUT: .timeout
            case EHOSTUNREACH, ENETUNREACH: .unreachable
            case EPERM, EACCES: .forbidden
            default: .other
            }
        report.failures[kind, default: 0] += 1
    }

    private mutating func expire() {
        let limit = Duration.milliseconds(options.timeoutMilliseconds)
        while oldestHead < oldest.count {
            let (fd, serial) = oldest[oldestHead]
            if let attempt = underway[fd], attempt.serial == serial {
                guard ContinuousClock.now - attempt.began >= limit else { return }
                remove(fd)
                report.failures[.timeout, default: 0] += 1
            }
            oldestHead += 1
        }
    }

    private mutating func remove(_ fd: Int32) {
        underway[fd] = nil
        close(fd)
    }

    private func pendingError(_ fd: Int32) -> Errno? {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        _ = unsafe getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &size)
        return value == 0 ? nil : Errno(rawValue: value)
    }
}
