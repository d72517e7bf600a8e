import Glibc
import LinuxSystem
import TestSupport
import Testing

/// Connections that go on, and new ones all the time, from one namespace to several addresses.
struct Flows {
    private let process: RunningProcess

    private static let script = "\(Programs.root(of: #filePath))/Tests/UpgradeTests/flows.py"

    /// Starts a server that answers what it is sent; it ends with the namespace's test.
    static func serve(port: Int, in namespace: NetNS) async throws -> Server {
        let process = try RunningProcess(
            Programs.path(of: "python3"), [script, "serve", "\(port)"], in: namespace)
        guard try await process.hasSaid("listening") else {
            throw ProgramFailure(program: script, arguments: ["serve"], outcome: try await process.outcome(within: 1))
        }
        return Server(process)
    }

    final class Server: Sendable {
        private let process: RunningProcess
        init(_ process: RunningProcess) { self.process = process }
        deinit { process.signal(SIGKILL) }
    }

    /// Connects to each target, and returns when the connections that stay are there.
    init(to targets: [(address: String, port: Int)], from namespace: NetNS) async throws {
        let words = targets.flatMap { [$0.address, "\($0.port)"] }
        process = try RunningProcess(
            Programs.path(of: "python3"), [Self.script, "talk"] + words, in: namespace)
        guard try await process.hasSaid("established") else {
            throw ProgramFailure(program: "flows.py", arguments: words, outcome: try await process.outcome(within: 1))
        }
    }

    /// Lets new connections come and go for a while.
    func goOn() async throws { try await Task.sleep(for: .milliseconds(400)) }

    /// Ends them all, and demands that many were made and none failed.
    func expectUnharmed() async throws {
        process.signal(SIGTERM)
        let outcome = try await process.outcome(within: 20)
        #expect(outcome.exitCode == 0, "\(outcome.errorOutput)")
        #expect(outcome.output.contains(#""failures": 0}"#), "\(outcome.output)")
        let number = outcome.output.firstRange(of: #""connections": "#).flatMap {
            Int(outcome.output[$0.upperBound...].prefix { $0 != "," })
        }
        #expect(try #require(number) > 50)
    }
}
