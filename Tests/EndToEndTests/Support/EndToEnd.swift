import Glibc
import LinuxSystem
import Testing

let isRoot = geteuid() == 0

/// The tests with real packets between network namespaces, one after another: they measure rates on a small machine.
@Suite(
    "End to end", .serialized,
    .enabled(if: isRoot, "SKIPPED: network namespaces need root; run the tests as root or not one packet is tested"))
enum EndToEnd {}

/// Runs blocking work on a thread of its own: the threads of the concurrency pool must not block.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        do {
            try DedicatedThread.start("test") { continuation.resume(with: Swift.Result(catching: body)) }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}
