import FoundationEssentials
import LinuxSystem

/// What a process takes up, as the kernel says (proc(5)).
struct ProcessFigures {
    let pid: Int32

    /// Megabytes.
    ///
    /// - Parameter name: of a line of its status, such as `VmHWM`.
    func memory(_ name: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("\(name):") } ?? ""
        return (line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) / 1024
    }

    /// Seconds of processor time since the process's begin.
    func computed() throws -> Double {
        var usage = OwnUsage()
        usage.take(stat: try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), system: "")
        return usage.cpuSeconds
    }
}
