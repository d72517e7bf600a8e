import CLinux
import Glibc

/// The process's command line.
package enum ProcessArguments {
    /// All of it, the program's name first.
    ///
    /// `CommandLine.arguments` makes the same with generic code that costs 80 us of a process's start.
    package static var all: [String] {
        var all: [String] = []
        for index in 0..<Int(CommandLine.argc) {
            if let argument = unsafe CommandLine.unsafeArgv[index] { all.append(unsafe String(cString: argument)) }
        }
        return all
    }
}

/// The process's environment variables.
package enum ProcessEnvironment {
    /// The variable's value; nil when it is not set.
    package static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// All variables by their names.
    package static var values: [String: String] {
        all.reduce(into: [:]) { values, entry in
            let name = entry.prefix { $0 != "=" }
            values[String(name)] = String(entry[name.endIndex...].dropFirst())
        }
    }

    /// All variables, as `NAME=value`.
    package static var all: [String] {
        var all: [String] = []
        guard let entries = unsafe fairway_environment() else { return all }
        var index = 0
        while let entry = unsafe entries[index] {
            all.append(unsafe String(cString: entry))
            index += 1
        }
        return all
    }
}

/// What the process may have at most.
package enum ResourceLimits {
    /// Lets it open as many files and sockets as it is allowed to: the soft limit is 1024 where nobody says otherwise.
    ///
    /// - Returns: how many that are.
    @discardableResult
    package static func raiseOpenFiles() -> UInt64 {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .max }
        let before = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        let isRaised = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        return UInt64(isRaised ? limit.rlim_cur : before)
    }
}

/// Dispositions of signals for the whole process.
package enum ProcessSignals {
    /// Ignores SIGPIPE: a write to a pipe that nobody reads any more fails instead of ending the process.
    package static func ignorePipe() { signal(SIGPIPE, SIG_IGN) }

    /// Ignores SIGHUP and SIGPIPE; a process that it executes inherits that.
    package static func ignoreHangupAndPipe() {
        signal(SIGHUP, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
    }
}

/// The host's name.
package enum HostName {
    /// `gethostname(2)`, in lower case as Kubernetes writes node names.
    package static var current: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&buffer, 255) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).lowercased()
    }
}

/// The three descriptors that every process starts with.
package enum StandardStream: Int32 {
    case input = 0
    case output = 1
    case error = 2

    /// Writes the whole text, in one `write(2)` wherever the kernel takes it at once.
    package func write(_ text: String) throws(SystemError) {
        let bytes = Array(text.utf8)
        let fd = rawValue
        var offset = 0
        while offset < bytes.count {
            let rest = bytes[offset...]
            offset += Int(
                try systemCall("write to descriptor \(fd)") {
                    unsafe rest.withUnsafeBytes {
                        unsafe Int32(truncatingIfNeeded: Glibc.write(fd, $0.baseAddress, $0.count))
                    }
                })
        }
    }

    /// A descriptor of the same pipe or terminal whose writes never wait.
    ///
    /// It is opened anew, because O_NONBLOCK belongs to all who share an open file.
    ///
    /// - Returns: nil for anything else, and where it cannot be opened.
    package func withoutWaiting() -> FileDescriptor? {
        let path = "/proc/self/fd/\(rawValue)"
        guard isatty(rawValue) == 1 || (try? FileStatus(of: path))?.isPipe == true else { return nil }
        return try? FileDescriptor.open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY)
    }

    /// True when a write of up to 4096 bytes (PIPE_BUF) will not wait.
    ///
    /// - Parameter milliseconds: how long to wait for that.
    package func hasRoom(within milliseconds: Int) -> Bool {
        var entry = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
        // An interrupted wait counts as one without room.
        return unsafe poll(&entry, 1, Int32(milliseconds)) == 1
    }

    /// Reads to the end of the stream.
    ///
    /// - Parameter limit: the number of bytes past which the call fails with `EFBIG`.
    package func readToEnd(limit: Int) throws(SystemError) -> [UInt8] {
        let copy = FileDescriptor(adopting: try systemCall("duplicate descriptor \(rawValue)") { dup(rawValue) })
        return try copy.readToEnd(limit: limit)
    }
}

/// The process as the kernel sees it.
package enum OwnProcess {
    /// Sets how readily the kernel ends it when memory runs out (proc(5), `oom_score_adj`).
    ///
    /// - Parameter score: -1000 for never, to 1000. Less than it is needs CAP_SYS_RESOURCE.
    package static func setOutOfMemoryScore(_ score: Int) throws(SystemError) {
        let path = "/proc/self/oom_score_adj"
        if try Parameter.read(path) != "\(score)" { try Parameter.write(path, "\(score)") }
    }
}
