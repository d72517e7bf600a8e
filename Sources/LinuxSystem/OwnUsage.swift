import Glibc

/// What the process has used up and holds, as `/proc` says (proc(5)).
package struct OwnUsage: Sendable, Hashable {
    /// Seconds of all its threads, in user mode and in the kernel.
    package var cpuSeconds = 0.0
    /// Seconds since 1970.
    package var startTime = 0.0
    /// Bytes, as the next.
    package var residentMemory: UInt64 = 0
    package var virtualMemory: UInt64 = 0
    package var openFiles = 0
    package var maxOpenFiles: UInt64 = 0
    package var maxVirtualMemory: UInt64 = 0
    /// Bytes of IP packets that its network namespace has received, and sent, whoever's they were.
    package var receivedBytes: UInt64 = 0
    package var sentBytes: UInt64 = 0

    package init() {}

    /// Reads it; what cannot be read is 0.
    package static var current: OwnUsage {
        var usage = OwnUsage()
        usage.take(stat: text("/proc/self/stat"), system: text("/proc/stat"))
        usage.take(netstat: text("/proc/thread-self/net/netstat"))
        // The descriptor that lists them is one of them.
        usage.openFiles = ((try? Directory.names(in: "/proc/self/fd").count) ?? 1) - 1
        usage.maxOpenFiles = limit(RLIMIT_NOFILE)
        usage.maxVirtualMemory = limit(RLIMIT_AS)
        return usage
    }

    /// - Parameters:
    ///   - stat: of the process; its name may hold spaces and brackets.
    ///   - system: `/proc/stat`, for when the machine started.
    package mutating func take(
        stat: String, system: String, ticks: Double = Double(sysconf(Int32(_SC_CLK_TCK))),
        page: UInt64 = UInt64(sysconf(Int32(_SC_PAGESIZE)))
    ) {
        guard let end = stat.lastIndex(of: ")") else { return }
        // The third field of proc(5) is the first here.
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        func number(_ field: Int) -> UInt64 { fields.count > field - 3 ? UInt64(fields[field - 3]) ?? 0 : 0 }
        cpuSeconds = Double(number(14) + number(15)) / ticks
        let boot = system.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
        startTime = (boot ?? 0) + Double(number(22)) / ticks
        virtualMemory = number(23)
        residentMemory = number(24) * page
    }

    /// - Parameter netstat: pairs of lines, the first of which names the fields of the second.
    package mutating func take(netstat: String) {
        let lines = netstat.split(separator: "\n").filter { $0.hasPrefix("IpExt:") }.map { $0.split(separator: " ") }
        guard lines.count == 2 else { return }
        let values = Dictionary(zip(lines[0], lines[1])) { first, _ in first }
        receivedBytes = values["InOctets"].flatMap { UInt64($0) } ?? 0
        sentBytes = values["OutOctets"].flatMap { UInt64($0) } ?? 0
    }

    private static func text(_ path: String) -> String {
        guard let file = try? FileDescriptor.open(path, O_RDONLY), let bytes = try? file.readToEnd() else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func limit(_ resource: __rlimit_resource) -> UInt64 {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { return 0 }
        return UInt64(limit.rlim_cur)
    }
}
