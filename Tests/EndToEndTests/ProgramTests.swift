import Lab
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Program", .serialized)
    struct ProgramTests {
        @Test("In a cluster that `up` left standing, `exec` finds the lab's programs by their names")
        func exec() async throws {
            let report = try await onThread {
                let lab = try Programs.locate().lab
                let said = try Command([lab, "up", "--nodes", "1", "--pods", "2", "--no-proxy"]).check()
                guard let id = said.split(whereSeparator: \.isWhitespace).last.map(String.init) else {
                    throw LabError("no id in \(said)")
                }
                let outcome = Result {
                    guard let address = try LabStore.read(id).pods.last?.addresses.first else {
                        throw LabError("no pod in \(said)")
                    }
                    let words = [
                        "exec", "--lab", id, "pod11", "--", "fairway-lab", "connect", address, "8080", "--json",
                    ]
                    return try Command([lab] + words, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]).check()
                }
                try Command([lab, "down", id]).check()
                return try ConnectReport(json: outcome.get())
            }
            #expect(report.responders == ["pod12": 1])
        }
    }
}
