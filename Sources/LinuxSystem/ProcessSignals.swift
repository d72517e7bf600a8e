import Glibc

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
