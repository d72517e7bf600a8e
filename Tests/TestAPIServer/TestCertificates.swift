import TestSupport

/// Certificates of a test's own, which go with it: for the address 127.0.0.1 and the name `kubernetes.default.svc`.
package final class TestCertificates: Sendable {
    package let identity: TestIdentity

    package init() async throws {
        let folder = "/tmp/fairway-certificates-\(UInt64.random(in: 0 ... .max))"
        identity = TestIdentity(folder: folder)
        let script =
            "mkdir \(folder) && cd \(folder)\n\(TestIdentity.script(names: "IP:127.0.0.1,DNS:kubernetes.default.svc"))"
        let outcome = try await RunningProcess("/bin/sh", ["-c", script]).outcome()
        guard outcome.exitCode == 0 else {
            throw ProgramFailure(program: "/bin/sh", arguments: ["-c", script], outcome: outcome)
        }
    }

    deinit { removeTree(identity.folder) }
}
