import Glibc
import LinuxSystem
import NFTables
import TestSupport
import Testing

/// `--table-owner`: nobody else may change the tables while the daemon runs.
@Suite(
    .enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)),
    .enabled(if: KernelVersion.running >= KernelVersion(6, 9), "kernel 6.9 or later"))
struct OwnerTests {
    private func start(_ node: ProxyNode, _ more: [String] = ["--table-owner"]) async throws -> RunningProcess {
        let daemon = try node.run(node.arguments + more)
        #expect(try await daemon.hasSaid(" watching"))
        return daemon
    }

    private func flags(_ node: ProxyNode) throws -> TableFlags? {
        var connection = try node.namespace.nftConnection()
        return try connection.flags(of: TableID(family: .ip, name: "fairway"))
    }

    @Test("While it runs nobody deletes, changes or flushes them; killed, it leaves them to the next, clients and all")
    func owned() async throws {
        let node = try await ProxyNode()
        try node.write("a.json", [.service("a", "10.96.0.1", affinity: 600), .slice("a", ["10.244.0.1"])])
        let first = try await start(node)
        #expect(try flags(node) == .owned)
        for script in ["delete table ip fairway", "flush chain ip fairway prerouting", "delete table ip6 fairway"] {
            let outcome = try await node.namespace.run("nft", script)
            #expect(outcome.exitCode != 0 && outcome.errorOutput.contains("not permitted"), "\(script)")
        }
        try await node.namespace.nft("add table ip other; flush ruleset")
        #expect(try await node.namespace.demand("nft", "list", "tables").contains("ip fairway"))
        #expect(try await !node.namespace.demand("nft", "list", "tables").contains("other"))

        first.signal(SIGKILL)
        _ = try await first.outcome()
        #expect(try flags(node) == .persist)
        try await node.namespace.nft("add element ip fairway clients-1 { 10.1.1.1 : 10:0 }")
        let second = try await start(node)
        #expect(try flags(node) == .owned)
        #expect(try await node.set("clients-1", kind: "map").contains("10.1.1.1"))
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.2"])])
        try await node.waitForElements { $0.contains("10.244.0.2 . 8080") && !$0.contains("10.244.0.1") }
        try await node.stop(second)
        let said = try second.errorSoFar()
        #expect(!said.contains("; mended"), "\(said)")
    }

    @Test(
        "Turned on and off again, the tables are made anew, nobody is blamed, and cleanup removes those of a daemon that ended"
    )
    func turned() async throws {
        let node = try await ProxyNode()
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1"])])
        for (arguments, expected) in [([], []), (["--table-owner"], .owned), ([], [])] as [([String], TableFlags)] {
            let daemon = try await start(node, arguments)
            #expect(try flags(node) == expected)
            #expect(try await node.elements().contains("10.244.0.1 . 8080"))
            try await node.stop(daemon)
            let said = try daemon.errorSoFar()
            #expect(!said.contains("; mended") && !said.contains("error"), "\(said)")
        }
        try await node.stop(try await start(node))
        #expect(try await node.run(["cleanup"]).outcome().exitCode == 0)
        #expect(try await node.namespace.demand("nft", "list", "tables") == "")
    }
}
