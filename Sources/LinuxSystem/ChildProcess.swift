import CLinux
import Glibc

/// A program that this process has started, with its standard input and output.
///
/// Its standard error is this process's own. A child that is not waited for is killed when this value goes.
package struct ChildProcess: ~Copyable {
    /// How a program ended.
    package enum End: Sendable, Hashable {
        case exited(Int32)
        case signalled(Int32)
    }

    private let path: String
    /// 0 when the child has been waited for.
    private var pid: pid_t
    private var input: FileDescriptor?
    private var output: FileDescriptor

    /// Starts a program without arguments.
    ///
    /// It has the default dispositions of SIGHUP and SIGPIPE, which a plugin ignores for itself.
    ///
    /// - Parameter environment: the whole environment, as `NAME=value`.
    /// - Throws: `ETXTBSY` while somebody has the program open for writing.
    package init(_ path: String, environment: [String]) throws(SystemError) {
        let toChild = try Pipe()
        let fromChild = try Pipe()
        pid = try Self.spawn(
            path, environment, input: toChild.readEnd.rawValue, output: fromChild.writeEnd.rawValue)
        self.path = path
        input = toChild.intoWriteEnd()
        output = fromChild.intoReadEnd()
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
        let taken = try exchange(bytes, limit: limit)
        var status: Int32 = 0
        let pid = pid
        try systemCall("wait for \(path)") { unsafe waitpid(pid, &status, 0) }
        self.pid = 0
        let signal = status & 0x7f
        return (taken, signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal))
    }

    /// Writes and reads at the same time, so that neither pipe fills up.
    private mutating func exchange(_ bytes: [UInt8], limit: Int) throws(SystemError) -> [UInt8] {
        var rest = bytes[...]
        var taken: [UInt8] = []
        if let fd = input?.rawValue { _ = fcntl(fd, F_SETFL, O_NONBLOCK) }
        while true {
            if rest.isEmpty { input = nil }
            var entries = [pollfd(fd: output.rawValue, events: Int16(POLLIN), revents: 0)]
            if let fd = input?.rawValue { entries.append(pollfd(fd: fd, events: Int16(POLLOUT), revents: 0)) }
            try systemCall("wait for \(path)") { unsafe poll(&entries, nfds_t(entries.count), -1) }
            if entries.count > 1, entries[1].revents != 0, let fd = input?.rawValue { rest = Self.feed(rest, to: fd) }
            guard entries[0].revents != 0 else { continue }
            let part = try output.read(upTo: 1 << 16)
            if part.isEmpty { return taken }
            taken += part
            guard taken.count <= limit else { throw SystemError("read the output of \(path)", Errno(rawValue: EFBIG)) }
        }
    }

    /// Writes as much as the pipe takes; a child that reads no more is no failure, its result counts.
    ///
    /// - Returns: what is still to be written.
    private static func feed(_ rest: ArraySlice<UInt8>, to fd: Int32) -> ArraySlice<UInt8> {
        let count = unsafe rest.withUnsafeBytes { unsafe write(fd, $0.baseAddress, $0.count) }
        if count >= 0 { return rest.dropFirst(count) }
        return [.wouldBlock, .interrupted].contains(Errno.current) ? rest : []
    }

    private static func spawn(_ path: String, _ environment: [String], input: Int32, output: Int32)
        throws(SystemError) -> pid_t
    {
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in [SIGHUP, SIGPIPE] { unsafe sigaddset(&signals, signal) }
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var arguments = unsafe [strdup(path), nil]
        var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe (arguments + variables).forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let result = unsafe posix_spawn(&pid, path, &actions, &attributes, &arguments, &variables)
        guard result == 0 else { throw SystemError("start \(path)", Errno(rawValue: result)) }
        return pid
    }
}

/// A pipe, neither of whose ends an executed program inherits.
private struct Pipe: ~Copyable {
    let readEnd: FileDescriptor
    let writeEnd: FileDescriptor

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try systemCall("make a pipe") { unsafe fairway_pipe(&ends) }
        readEnd = FileDescriptor(adopting: ends[0])
        writeEnd = FileDescriptor(adopting: ends[1])
    }

    /// Keeps one end and closes the other.
    consuming func intoReadEnd() -> FileDescriptor { readEnd }

    consuming func intoWriteEnd() -> FileDescriptor { writeEnd }
}
