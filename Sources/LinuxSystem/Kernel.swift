import Glibc

/// The version of the running kernel.
package struct KernelVersion: Sendable, Hashable, Comparable {
    package let major: Int
    package let minor: Int

    package init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Reads a release such as `6.1.0-13-amd64`; nil when it does not start with two numbers.
    package init?(release: String) {
        let numbers = release.split(whereSeparator: { !$0.isNumber }).prefix(2).compactMap { Int($0) }
        guard numbers.count == 2, release.first?.isNumber == true else { return nil }
        self.init(numbers[0], numbers[1])
    }

    /// The running kernel's version, as `uname(2)` has it; 0.0 where it can't be read.
    package static var running: KernelVersion {
        var name = utsname()
        guard unsafe uname(&name) == 0 else { return KernelVersion(0, 0) }
        let release = unsafe withUnsafeBytes(of: &name.release) {
            unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        return KernelVersion(release: release) ?? KernelVersion(0, 0)
    }

    package static func < (a: KernelVersion, b: KernelVersion) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
}

extension KernelVersion: CustomStringConvertible {
    package var description: String { "\(major).\(minor)" }
}

/// The machine's processors.
package enum CPUs {
    /// How many the machine has, those that are off among them; at least 1.
    package static var configured: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_CONF))) }
}

/// Parameters of kernel modules, which hold for the whole machine.
package enum KernelModule {
    /// Reads a parameter.
    ///
    /// - Parameter path: below `/sys/module`, such as `nf_conntrack/parameters/hashsize`.
    package static func read(_ path: String) throws(SystemError) -> String {
        try Parameter.read("/sys/module/\(path)")
    }

    package static func write(_ path: String, _ value: String) throws(SystemError) {
        try Parameter.write("/sys/module/\(path)", value)
    }
}

/// A file of the kernel's that holds one value.
enum Parameter {
    static func read(_ path: String) throws(SystemError) -> String {
        let file = try FileDescriptor.open(path, O_RDONLY)
        let bytes = try file.read(upTo: 4096)
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    static func write(_ path: String, _ value: String) throws(SystemError) {
        let file = try FileDescriptor.open(path, O_WRONLY)
        do throws(SystemError) {
            try file.writeAll(Array(value.utf8))
        } catch {
            throw SystemError("write \(value) to \(path)", error.errno)
        }
    }
}

/// Kernel parameters under `/proc/sys`, of the calling thread's network namespace where they are per namespace.
package enum Sysctl {
    /// Reads a parameter.
    ///
    /// - Parameter path: the path below `/proc/sys`, such as `net/ipv4/ip_forward`.
    package static func read(_ path: String) throws(SystemError) -> String {
        try Parameter.read("/proc/sys/\(path)")
    }

    /// Writes a parameter unless it has the value already.
    package static func set(_ path: String, to value: String) throws(SystemError) {
        if try read(path) == value { return }
        try write(path, value)
    }

    /// Writes a parameter whatever value it has.
    package static func write(_ path: String, _ value: String) throws(SystemError) {
        try Parameter.write("/proc/sys/\(path)", value)
    }

    package static func exists(_ path: String) -> Bool { unsafe access("/proc/sys/\(path)", F_OK) == 0 }
}

/// The kernel's second family of addresses, which it may be built or started without.
package enum IPv6 {
    package static var isPresent: Bool { unsafe access("/proc/net/if_inet6", F_OK) == 0 }
}
