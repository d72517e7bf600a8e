import TestSupport
import Testing

/// Hosts that have a firewall of their own, and the real daemon beside it.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct FirewallTests {
    private static let docker = """
        table ip filter {
          chain FORWARD { type filter hook forward priority 0; policy drop; iifname "docker0" accept; }
        }
        """

    @Test(
        "A chain that drops the rest is warned of once, at the start or when it comes, and so again when it comes back")
    func warnings() async throws {
        let node = try await ProxyNode()
        try await node.namespace.nft(Self.docker)
        let daemon = try await node.start()
        #expect(try await daemon.hasSaid("ip filter FORWARD"))
        try await node.namespace.nft(
            "table inet late { chain in { type filter hook input priority 0; tcp dport 22 accept; counter drop; }; }")
        #expect(try await daemon.hasSaid("inet late in"))
        for _ in 0..<3 {
            try await node.namespace.nft("add table ip x; add chain ip x y; delete table ip x")
            try await Task.sleep(for: .milliseconds(400))
        }
        try await node.namespace.nft("delete table ip filter")
        #expect(try await daemon.hasSaid("gone or open"))
        try await node.namespace.nft(Self.docker)
        for _ in 0..<100 where try daemon.errorSoFar().split(separator: "chain=ip filter FORWARD").count < 4 {
            try await Task.sleep(for: .milliseconds(50))
        }
        try await node.stop(daemon)
        let lines = try daemon.errorSoFar().split(separator: "\n").filter { $0.contains("firewall's chain ends") }
        #expect(
            lines.count { $0.contains("ip filter FORWARD") && $0.contains("warning") && $0.contains("policy drop") }
                == 2)
        #expect(lines.count { $0.contains("inet late in") && $0.contains("its last rule") } == 1)
    }

    @Test("explain ends its walk there, by table and chain, and only for what comes by there")
    func explain() async throws {
        let node = try await ProxyNode()
        try await node.namespace.demand("ip", "address", "add", "10.9.0.1/24", "dev", "lo")
        try await node.namespace.demand("ip", "link", "set", "lo", "up")
        try await node.namespace.demand("ip", "route", "add", "10.0.0.0/8", "dev", "lo")
        try node.write(
            "a.json", [.service("web", "10.96.0.1", nodePort: 30080), .slice("web", ["10.244.0.1", "10.244.0.2"])])
        try await node.stop(try await node.start())
        func explain(_ source: String, _ destination: String) async throws -> String {
            try await node.run(["explain", source, destination]).outcome().output
        }
        let open = try await explain("10.244.0.9", "10.96.0.1:80")
        #expect(open.contains("One of 2 answers"))
        try await node.namespace.nft(Self.docker)
        let forwarded = try await explain("10.244.0.9", "10.96.0.1:80")
        #expect(
            forwarded
                == "default/web is addressed.\nEnds in chain ip filter FORWARD (hook forward, policy drop) unless a rule there "
                + "lets it through, as \"ct status dnat accept\" does: see nft list chain ip filter FORWARD\n")
        let own = try await explain("10.9.0.1", "10.96.0.1:80")
        #expect(own.contains("One of 2 answers"))
        let line = try await RunningProcess(
            node.program, ["explain", "-"], input: "10.244.0.9 10.96.0.1:80\n", in: node.namespace
        ).outcome().output
        #expect(line == "firewall:filter,FORWARD\n")
        try await node.namespace.nft(
            "add table inet o { chain c { type filter hook output priority 0; policy drop; }; }")
        #expect(
            try await explain("10.9.0.1", "10.96.0.1:80").contains("Ends in chain inet o c (hook output, policy drop)"))
    }
}
