import CLinux
import Glibc

/// A program that this process has started, with its standard input and output.
///
/// Its standard error is this process's own. A child that is not waited for is killed when this value goes.
package struct ChildProcess: ~Copyable {
    package typealias End = ProcessEnd

    private let streams: ChildStreams
    /// 0 when the child has been waited for.
    private var pid: pid_t

    /// Starts a program without arguments.
    ///
    /// - Parameter environment: the whole environment, as `NAME=value`.
    /// - Throws: `ETXTBSY` while somebody has the program open for writing.
    package init(_ path: String, environment: [String]) throws(SystemError) {
        let streams = try ChildStreams(outputs: 1)
        pid = try Program(path, environment: environment, descriptors: streams.childEnds).start()
        streams.closeChildEnds()
        self.streams = streams
    }

    deinit {
        guard pid > 0 else { return }
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    /// Feeds the child its standard input, takes all that it writes, and waits for its end.
    ///
    /// - Parameter limit: the number of bytes past which the call fails with `EFBIG`.
    package mutating func finish(input bytes: [UInt8], limit: Int) throws(SystemError) -> (output: [UInt8], end: End) {
        try streams.exchange(bytes, limit: limit)
        let end = try ProcessEnd(ofChild: pid)
        pid = 0
        return (streams.taken[0], end)
    }
}

extension Program {
    /// Starts the program with pipes for its standard streams, feeds it, takes what it writes and waits for its end.
    ///
    /// One that leads a session is ended with all that it started.
    ///
    /// - Parameters:
    ///   - outputs: 1 to take standard output, 2 to take standard error apart from it.
    ///   - limit: the number of bytes of one output past which the call fails with `EFBIG`.
    ///   - milliseconds: after so long it is ended.
    /// - Returns: what it wrote on standard output, and nil for its end where it had to be ended.
    package func run(
        input: [UInt8] = [], outputs: Int = 1, limit: Int, within milliseconds: UInt64
    ) throws(SystemError) -> (output: [UInt8], end: ProcessEnd?) {
        let streams = try ChildStreams(outputs: outputs)
        var program = self
        program.descriptors = streams.childEnds
        let pid = try program.start()
        streams.closeChildEnds()
        let deadline = MonotonicClock.now + milliseconds * 1_000_000
        let outcome = Result<Bool, SystemError> { () throws(SystemError) in
            try streams.exchange(input, limit: limit) {
                let now = MonotonicClock.now
                return now >= deadline ? 0 : Int32((deadline - now) / 1_000_000 + 1)
            }
        }
        let isDone = (try? outcome.get()) ?? false
        if !isDone { kill(hasOwnSession ? -pid : pid, SIGKILL) }
        let end = try ProcessEnd(ofChild: pid)
        _ = try outcome.get()
        return (streams.taken[0], isDone ? end : nil)
    }
}

/// A child's standard input and outputs as pipes, fed and taken at the same time so that none fills up.
package final class ChildStreams {
    private let input: Pipe
    private let outputs: [Pipe]
    /// What the child wrote: its standard output and, where it was asked for, its standard error.
    package private(set) var taken: [[UInt8]]

    /// - Parameter outputs: 1 for standard output, 2 for standard error as well.
    package init(outputs count: Int) throws(SystemError) {
        input = try Pipe()
        var outputs: [Pipe] = []
        for _ in 0..<count { outputs.append(try Pipe()) }
        self.outputs = outputs
        taken = Array(repeating: [], count: count)
    }

    /// What becomes the child's 0, 1 and 2.
    package var childEnds: [Int32] { [input.readEnd?.rawValue ?? -1] + outputs.map { $0.writeEnd?.rawValue ?? -1 } }

    /// To be called when the child is there: only then its end closes the pipes.
    package func closeChildEnds() {
        input.readEnd = nil
        for output in outputs { output.writeEnd = nil }
    }

    /// Feeds and takes until the child has closed its outputs; a child that reads no more is no failure.
    ///
    /// - Parameters:
    ///   - limit: the number of bytes of one output past which the call fails with `EFBIG`.
    ///   - timeLeft: in milliseconds, asked before each wait; -1 for ever.
    /// - Returns: false when the time is over first.
    @discardableResult
    package func exchange(
        _ bytes: [UInt8], limit: Int = .max, timeLeft: () -> Int32 = { -1 }
    ) throws(SystemError) -> Bool {
        var rest = bytes[...]
        if let fd = input.writeEnd?.rawValue { _ = fcntl(fd, F_SETFL, O_NONBLOCK) }
        while outputs.contains(where: { $0.readEnd != nil }) {
            if rest.isEmpty { input.writeEnd = nil }
            // poll(2) passes over negative numbers.
            var entries = [pollfd(fd: input.writeEnd?.rawValue ?? -1, events: Int16(POLLOUT), revents: 0)]
            for output in outputs {
                entries.append(pollfd(fd: output.readEnd?.rawValue ?? -1, events: Int16(POLLIN), revents: 0))
            }
            let ready = try systemCall("wait for a child") {
                unsafe poll(&entries, nfds_t(entries.count), timeLeft())
            }
            if ready == 0 { return false }
            if entries[0].revents != 0 { rest = feed(rest) }
            for index in outputs.indices where entries[index + 1].revents != 0 { try take(index, limit) }
        }
        return true
    }

    /// - Returns: what is still to be written.
    private func feed(_ rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let fd = input.writeEnd?.rawValue else { return [] }
        let count = unsafe rest.withUnsafeBytes { unsafe write(fd, $0.baseAddress, $0.count) }
        if count >= 0 { return rest.dropFirst(count) }
        return [.wouldBlock, .interrupted].contains(Errno.current) ? rest : []
    }

    private func take(_ index: Int, _ limit: Int) throws(SystemError) {
        let part = try outputs[index].read()
        taken[index] += part
        if part.isEmpty { outputs[index].readEnd = nil }
        guard taken[index].count <= limit else { throw SystemError("read a child's output", .fileTooBig) }
    }
}

/// A pipe, neither of whose ends an executed program inherits.
private final class Pipe {
    var readEnd: FileDescriptor?
    var writeEnd: FileDescriptor?

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try systemCall("make a pipe") { unsafe fairway_pipe(&ends) }
        readEnd = FileDescriptor(adopting: ends[0])
        writeEnd = FileDescriptor(adopting: ends[1])
    }

    /// Takes what waits; nothing at the end.
    func read() throws(SystemError) -> [UInt8] {
        guard let fd = readEnd?.rawValue else { return [] }
        return try FileDescriptor.read(upTo: 1 << 16, from: fd)
    }
}
