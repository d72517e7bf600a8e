import Glibc
import LinuxSystem
import NFTables
import ServiceTables
import TestSupport
import Testing

/// The real daemon in a namespace of its own, its manifests in a folder of its own.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct DaemonTests {
    @Test("After somebody flushed the ruleset the next change brings everything back")
    func flush() async throws {
        let node = try await ProxyNode()
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1"])])
        try node.write("b.json", [.service("b", "10.96.0.2"), .slice("b", ["10.244.0.2"])])
        let daemon = try await node.start()
        try await node.namespace.demand("nft", "flush", "ruleset")
        try node.write("b.json", [.service("b", "10.96.0.2"), .slice("b", ["10.244.0.3"])])
        try await node.waitForElements { $0.contains("10.244.0.1 . 8080") && $0.contains("10.244.0.3 . 8080") }
        try await node.stop(daemon)
    }

    @Test("A second daemon and cleanup are refused with the pid, however often they try")
    func refusals() async throws {
        let node = try await ProxyNode()
        let daemon = try await node.start()
        for attempt in 0..<20 {
            let outcome = try await node.run(attempt.isMultiple(of: 2) ? ["cleanup"] : node.arguments)
                .outcome(within: 5)
            #expect(outcome.exitCode == 1)
            #expect(outcome.errorOutput.contains("pid \(daemon.pid):"), "\(outcome.errorOutput)")
        }
        try await node.stop(daemon)
        #expect(try await node.run(["cleanup"]).outcome().exitCode == 0)
        #expect(try await node.namespace.demand("nft", "list", "tables") == "")
    }

    @Test("cleanup leaves a later release's tables alone, all of them, and says what to do")
    func cleanupOfNewer() async throws {
        let node = try await ProxyNode()
        try await node.stop(try await node.start())
        try await node.namespace.nft("flush set ip6 fairway format; add element ip6 fairway format { 1000 }")
        let before = try await node.namespace.demand("nft", "list", "ruleset")
        let outcome = try await node.run(["cleanup"]).outcome()
        #expect(outcome.exitCode == 1)
        #expect(
            outcome.errorOutput.contains("table ip6 fairway has format 1000")
                && outcome.errorOutput.contains("nft delete table"))
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == before)
    }

    @Test("SIGHUP is harmless: a change that comes later is served")
    func hangup() async throws {
        let node = try await ProxyNode()
        let daemon = try await node.start()
        daemon.signal(SIGHUP)
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1"])])
        try await node.waitForElements { $0.contains("10.244.0.1 . 8080") }
        try await node.stop(daemon)
    }

    @Test("Over a restart unreadable files keep what they had, nobody else gets it, and once all parse it goes")
    func holding() async throws {
        let node = try await ProxyNode()
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1", "10.244.0.2"])])
        try node.write("b.json", [.service("b", "10.96.0.2"), .slice("b", ["10.244.0.9"])])
        try node.write("d.json", [.service("d", "10.96.0.4"), .slice("d", ["10.244.0.8"])])
        try await node.stop(try await node.start())

        try node.write("b.json", text: "{")
        try node.write("d.json", text: "{")
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1"])])
        try node.write("c.json", [.service("c", "10.96.0.4", external: "192.0.2.1")])
        let daemon = try await node.start()
        let held = try await node.elements()
        #expect(held.contains("10.244.0.9"), "b's file can't be read")
        #expect(!held.contains("10.244.0.8"), "c claims d's address and must not inherit d's endpoint")

        try node.write("b.json", [])
        try node.write("d.json", [])
        try await node.waitForElements { !$0.contains("10.244.0.9") && !$0.contains("10.244.0.2") }
        try await node.stop(daemon)
    }

    @Test("A local endpoint that went while the daemon was away leaves the hairpin set too")
    func staleHairpin() async throws {
        let node = try await ProxyNode()
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1", "10.244.0.2"])])
        try await node.stop(try await node.start())
        #expect(try await node.set("hairpin").contains("10.244.0.2 . 10.244.0.2"))
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1"])])
        try await node.stop(try await node.start())
        #expect(try await !node.set("hairpin").contains("10.244.0.2"))
        #expect(try await node.set("hairpin").contains("10.244.0.1 . 10.244.0.1"))
    }

    @Test("Without CAP_NET_ADMIN the daemon says so and ends")
    func privileges() async throws {
        let node = try await ProxyNode()
        let setpriv = ["--reuid", "65534", "--clear-groups", "--inh-caps=-all", node.program] + node.arguments
        let outcome = try await RunningProcess(Programs.path(of: "setpriv"), setpriv, in: node.namespace)
            .outcome(within: 10)
        #expect(outcome.exitCode == 1)
        #expect(outcome.errorOutput.contains("CAP_NET_ADMIN"), "\(outcome.errorOutput)")
    }

    @Test("A folder that does not exist is an error that names it")
    func missingFolder() async throws {
        let node = try await ProxyNode()
        let outcome = try await node.run(["--manifests", "/nonexistent/fairway"]).outcome(within: 10)
        #expect(outcome.exitCode == 1)
        #expect(outcome.errorOutput.contains("/nonexistent/fairway"))
    }
}
