import LinuxSystem
import TestSupport
import Testing

/// Damaged configurations, results and environments, given to the real plugin under each of its names.
///
/// `FAIRWAY_FUZZ` says how many, `FAIRWAY_FUZZ_SEED` which; `scripts/fuzz.sh` runs a long round.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct FuzzTests {
    private static func variable(_ name: String) -> UInt64? { ProcessEnvironment.variable(name).flatMap { UInt64($0) } }

    @Test("Whatever comes in, out come JSON and an error code of the specification, and never a signal")
    func damaged() async throws {
        let count = Int(clamping: Self.variable("FAIRWAY_FUZZ") ?? UInt64(Soak.rounds(2000)))
        let seed = Self.variable("FAIRWAY_FUZZ_SEED") ?? UInt64.random(in: 0...UInt64.max)
        try StandardStream.error.write("FuzzTests: FAIRWAY_FUZZ=\(count) FAIRWAY_FUZZ_SEED=\(seed)\n")
        let plugin = try Programs.built("fairway", root: Programs.root(of: #filePath))
        let size = 500
        let lanes = 2
        let report = try await withThrowingTaskGroup(of: FuzzBatch.Report.self) { group in
            for lane in 0..<lanes {
                group.addTask {
                    var report = FuzzBatch.Report()
                    for start in stride(from: lane * size, to: count, by: lanes * size) {
                        let numbers = start..<min(start + size, count)
                        report.add(try await FuzzBatch(seed: seed, numbers: numbers, plugin: plugin).run())
                        // One kind of failure fills any page.
                        if report.violations.count > 20 { break }
                    }
                    return report
                }
            }
            return try await group.reduce(into: FuzzBatch.Report()) { $0.add($1) }
        }
        let tally = report.tally.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        try StandardStream.error.write("FuzzTests: error codes (0 is success) \(tally.joined(separator: ", "))\n")
        for violation in report.violations.prefix(20) { Issue.record("FAIRWAY_FUZZ_SEED=\(seed): \(violation)") }
        // An execution that never comes far tells little.
        #expect(report.tally.values.reduce(0, +) == count && report.tally[0, default: 0] > count / 20)
    }
}
