import Lab
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Demo", .serialized)
    struct DemoTests {
        private static func demo(_ arguments: String...) async throws -> Outcome {
            try await onThread {
                let lab = try Programs.locate().lab
                return try Command([lab, "demo"] + arguments).run(within: .seconds(100))
            }
        }

        @Test("Every line of the demo holds")
        func holds() async throws {
            let outcome = try await Self.demo()
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errorOutput)")
            #expect(outcome.output.contains("✓") && !outcome.output.contains("✗"))
        }

        @Test("Without the daemons' rules the demo fails and says which lines")
        func broken() async throws {
            let outcome = try await Self.demo("--break", "proxy")
            #expect(outcome.status == 1)
            #expect(outcome.output.contains("✗ Scaling, IPv4") && outcome.output.contains("✗ Hairpin, IPv6"))
            #expect(outcome.output.contains("✓ nothing is left behind"))
        }
    }
}
