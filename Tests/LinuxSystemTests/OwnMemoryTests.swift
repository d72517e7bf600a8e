import Glibc
import LinuxSystem
import Testing

struct OwnMemoryTests {
    @Test("What is free in the heap and what of the program only its start read goes back to the kernel")
    func trim() throws {
        var blocks = (0..<20_000).map { [UInt8](repeating: UInt8($0 & 0xff), count: 1000) }
        let (anonymous, program) = try withExtendedLifetime(blocks) {
            (try kilobytes("RssAnon"), try kilobytes("RssFile"))
        }
        blocks = []
        OwnMemory.trim()
        #expect(try kilobytes("RssAnon") < anonymous - 10_000)
        #expect(try kilobytes("RssFile") < program - 2_000)
    }

    /// - Parameter name: of a line of proc_pid_status(5).
    private func kilobytes(_ name: String) throws -> Int {
        let status = try FileDescriptor.open("/proc/self/status", O_RDONLY).readToEnd()
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("\(name):") }
        return try #require(line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) })
    }
}
