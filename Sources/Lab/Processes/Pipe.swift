import CLinux
import Glibc
import LinuxSystem

/// A pipe whose ends close themselves, each at most once.
final class Pipe {
    private(set) var readEnd: Int32
    private(set) var writeEnd: Int32

    /// Both ends are close-on-exec; the child's copies are made by `dup2`, which clears that.
    init() throws {
        var ends: [Int32] = [-1, -1]
        try systemCall("make a pipe") { unsafe fairway_pipe(&ends) }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    deinit {
        closeReadEnd()
        closeWriteEnd()
    }

    func closeReadEnd() {
        if readEnd >= 0 { close(readEnd) }
        readEnd = -1
    }

    func closeWriteEnd() {
        if writeEnd >= 0 { close(writeEnd) }
        writeEnd = -1
    }
}

/// Feeds a child's standard input and takes its two outputs at the same time, so that no pipe fills up.
final class PipeExchange {
    private let input: Pipe
    private let sinks: [Pipe]
    private var taken: [[UInt8]] = [[], []]

    init(input: Pipe, output: Pipe, errors: Pipe) {
        self.input = input
        sinks = [output, errors]
        _ = fcntl(input.writeEnd, F_SETFL, O_NONBLOCK)
    }

    /// What the child wrote: its standard output and its standard error.
    var texts: (String, String) {
        (String(decoding: taken[0], as: UTF8.self), String(decoding: taken[1], as: UTF8.self))
    }

    /// Goes on until the child has closed both outputs; false when the time is over first.
    func run(_ bytes: [UInt8], until deadline: Deadline) -> Bool {
        var rest = bytes[...]
        while sinks.contains(where: { $0.readEnd >= 0 }) {
            if rest.isEmpty { input.closeWriteEnd() }
            var entries = [pollfd(fd: input.writeEnd, events: Int16(POLLOUT), revents: 0)]
            entries += sinks.map { pollfd(fd: $0.readEnd, events: Int16(POLLIN), revents: 0) }
            let ready = unsafe poll(&entries, 3, deadline.milliseconds)
            if ready == 0 && deadline.hasPassed { return false }
            if entries[0].revents != 0 { rest = feed(rest) }
            for (index, sink) in sinks.enumerated() where entries[index + 1].revents != 0 { drain(index, sink) }
        }
        return true
    }

    private func feed(_ rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let count = unsafe rest.withUnsafeBytes { unsafe write(input.writeEnd, $0.baseAddress, $0.count) }
        if count >= 0 { return rest.dropFirst(count) }
        return [.wouldBlock, .interrupted].contains(Errno.current) ? rest : []
    }

    private func drain(_ index: Int, _ sink: Pipe) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe read(sink.readEnd, &buffer, buffer.count)
        if count > 0 {
            taken[index] += buffer[..<count]
        } else if count == 0 || Errno.current != .interrupted {
            sink.closeReadEnd()
        }
    }
}
