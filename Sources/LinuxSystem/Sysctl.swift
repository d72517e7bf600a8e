import Glibc

/// Kernel parameters under `/proc/sys`, of the calling thread's network namespace where they are per namespace.
package enum Sysctl {
    /// Reads a parameter.
    ///
    /// - Parameter path: the path below `/proc/sys`, such as `net/ipv4/ip_forward`.
    package static func read(_ path: String) throws(SystemError) -> String {
        let file = try FileDescriptor.open("/proc/sys/\(path)", O_RDONLY)
        let bytes = try file.read(upTo: 4096)
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// Writes a parameter unless it has the value already.
    package static func set(_ path: String, to value: String) throws(SystemError) {
        if try read(path) == value { return }
        try write(path, value)
    }

    /// Writes a parameter whatever value it has.
    package static func write(_ path: String, _ value: String) throws(SystemError) {
        let file = try FileDescriptor.open("/proc/sys/\(path)", O_WRONLY)
        do throws(SystemError) {
            try file.writeAll(Array(value.utf8))
        } catch {
            throw SystemError("write \(value) to /proc/sys/\(path)", error.errno)
        }
    }

    package static func exists(_ path: String) -> Bool { unsafe access("/proc/sys/\(path)", F_OK) == 0 }
}
