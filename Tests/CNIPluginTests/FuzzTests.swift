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
        let count = Int(clamping: Self.variable("FAIRWAY_FUZZ") ?? 2000)
        let seed = Self.variable("FAIRWAY_FUZZ_SEED") ?? UInt64.random(in: 0...UInt64.max)
        try StandardStream.error.write("FuzzTests: FAIRWAY_FUZZ=\(count) FAIRWAY_FUZZ_SEED=\(seed)\n")
        let plugin = try Programs.built("fairway", root: Programs.root(of: #filePath))
        let size = 500
        let lanes = 2
        let violations = try await withThrowingTaskGroup(of: [String].self) { group in
            for lane in 0..<lanes {
                group.addTask {
                    var violations: [String] = []
                    for start in stride(from: lane * size, to: count, by: lanes * size) {
                        let batch = try FuzzBatch(
                            seed: seed, numbers: start..<min(start + size, count), plugin: plugin)
                        violations += try await batch.violations()
                        // One kind of failure fills any page.
                        if violations.count > 20 { break }
                    }
                    return violations
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        for violation in violations.prefix(20) { Issue.record("FAIRWAY_FUZZ_SEED=\(seed): \(violation)") }
    }
}
