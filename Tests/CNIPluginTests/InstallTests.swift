import FoundationEssentials
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// `fairway install`, run as an init container runs it.
@Suite struct InstallTests {
    private let program: String
    private let folder = "/tmp/fairway-test-install-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"

    init() throws { program = try Programs.built("fairway", root: Programs.root(of: #filePath)) }

    private func run(_ arguments: [String]) async throws -> ProcessOutcome {
        try await RunningProcess(program, arguments).outcome(within: 20)
    }

    @Test("It puts itself where a runtime looks, also over one that runs, with links for the names that are asked for")
    func install() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let first = try await run(["install", "\(folder)/bin"])
        #expect(first.exitCode == 0 && first.output == "installed \(folder)/bin/fairway\n", "\(first)")
        let copy = "\(folder)/bin/fairway"
        #expect(try Data(contentsOf: URL(filePath: copy)) == Data(contentsOf: URL(filePath: program)))
        // One that is executed cannot be written to: it takes its own place.
        let again = try await RunningProcess(copy, ["install", "\(folder)/bin", "bridge", "host-local"]).outcome()
        #expect(again.exitCode == 0, "\(again)")
        #expect(try await RunningProcess("\(folder)/bin/bridge", ["--version"]).outcome().output.hasPrefix("fairway "))
        let names = try Directory.names(in: "\(folder)/bin").sorted()
        #expect(names == ["bridge", "fairway", "host-local"])
        #expect(try FileManager.default.attributesOfItem(atPath: copy)[.posixPermissions] as? Int == 0o755)
    }

    @Test("What cannot be done is said, and leaves nothing")
    func refusals() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let missing = try await run(["install"])
        #expect(missing.exitCode == 64 && missing.errorOutput.contains("the folder is missing"))
        let name = try await run(["install", folder, "calico"])
        #expect(name.exitCode == 64 && name.errorOutput.contains("\"calico\" is no plugin whose place it takes: "))
        #expect(try !Directory.hasEntry(folder))
        let place = try await run(["install", "/proc/nowhere"])
        #expect(place.exitCode == 1 && place.errorOutput.hasPrefix("fairway install: create /proc/nowhere"))
        #expect(try await run(["install", "--help"]).output.contains("usage: fairway install DIR [NAME...]"))
    }
}
