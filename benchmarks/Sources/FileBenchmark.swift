import FoundationEssentials
import Frontends
import Glibc
import KubeModel
import LinuxSystem
import Logging
import ManifestSource
import NFTables
import NetworkTypes
import ServiceTables
import Synchronization

/// First sync and one endpoint's change from files on disk, one object a file.
///
/// The clock starts before the folder is read, or before a file is renamed into place, and stops at the kernel's
/// acknowledgement.
struct FileBenchmark {
    let services: Int
    let endpoints: Int
    let changes: Int
    let format: FileFormat

    func run() throws {
        let folder = "/tmp/fairway-bench-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for number in 0..<services {
            try write(service(number), "\(folder)/service-\(number).\(format)")
            try write(slice(number, 0), "\(folder)/slice-\(number).\(format)")
        }
        let applied = Applied(try NetworkNamespace.fresh().connect())
        let source = ManifestSource(directory: folder, logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        let start = MonotonicClock.now
        try source.start { applied.apply($0) }
        defer { source.stop() }
        let first = try applied.wait(for: 1) - start
        print("first sync from \(format) files, \(services) x \(endpoints): \(milliseconds(Double(first)))")
        var times: [Double] = []
        for round in 1...changes {
            let number = (round &* 7919) % services
            try write(slice(number, round), "\(folder)/.next")
            let start = MonotonicClock.now
            try FileManager.default.moveOver("\(folder)/.next", "\(folder)/slice-\(number).\(format)")
            times.append(Double(try applied.wait(for: round + 1) - start))
        }
        print(
            "one endpoint replaced in a \(format) file, \(services) x \(endpoints): p50 \(microseconds(times.percentile(50))), p99",
            "\(microseconds(times.percentile(99))) over \(changes) changes")
    }

    private func write(_ text: String, _ path: String) throws {
        try FileDescriptor.open(path, O_CREAT | O_WRONLY | O_TRUNC).writeAll(text.utf8)
    }

    private func service(_ number: Int) -> String {
        format.service(name: "service-\(number)", address: "\(address(0x0a60_0000 + number))")
    }

    private func slice(_ number: Int, _ round: Int) -> String {
        let list = (0..<endpoints).map { slot in
            "\(address(slot == 0 && round > 0 ? 0x0c00_0000 + round : 0x0b00_0000 + number * endpoints + slot))"
        }
        return format.slice(of: "service-\(number)", addresses: list)
    }

    private func address(_ value: Int) -> IPv4Address { IPv4Address(value: UInt32(value)) }
}

extension FileManager {
    /// Renames a file over another, as writers of manifests do.
    fileprivate func moveOver(_ old: String, _ new: String) throws {
        guard unsafe rename(old, new) == 0 else { throw SystemError("rename \(old)", .current) }
    }
}

/// What the source's thread does with an update, and when it was done.
private final class Applied: Sendable {
    private struct State: ~Copyable {
        var connection: NFTConnection
        var rules = FrontendModel(nodeName: "here")
        var ruleset = ServiceTablePair(ServiceTableOptions())
        var finished: [UInt64] = []
        var failure: NetlinkError?
    }

    private let state: Mutex<State>

    init(_ connection: consuming sending NFTConnection) {
        state = Mutex(State(connection: connection))
    }

    func apply(_ update: SourceUpdate) {
        state.withLock { state in
            state.rules.apply(update.changes)
            state.ruleset.apply(state.rules.takeChanges())
            state.ruleset.release()
            do throws(NetlinkError) {
                for transaction in state.ruleset.takeTransactions(now: 0) { try state.connection.commit(transaction) }
                state.finished.append(MonotonicClock.now)
            } catch {
                state.failure = error
            }
        }
    }

    /// Waits for so many updates, two minutes at most, and says when the last was in the kernel.
    func wait(for count: Int) throws -> UInt64 {
        let end = MonotonicClock.now + 120_000_000_000
        while MonotonicClock.now < end {
            let (finished, failure) = state.withLock { ($0.finished, $0.failure) }
            if let failure { throw failure }
            if finished.count >= count { return finished[count - 1] }
            usleep(20)
        }
        throw SystemError("wait for update \(count)", Errno(rawValue: ETIMEDOUT))
    }
}
