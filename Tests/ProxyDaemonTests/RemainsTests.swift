import TestSupport
import Testing

/// What a kube-proxy left, in the tables that the host's own tools make.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct RemainsTests {
    /// As kube-proxy, a kubelet and others have it; one comment looks like a jump.
    private static let rules = #"""
        *nat
        :KUBE-SERVICES - [0:0]
        :KUBE-POSTROUTING - [0:0]
        :KUBE-SVC-ABCDEFGHIJKLMNOP - [0:0]
        :KUBE-SEP-ABCDEFGHIJKLMNOP - [0:0]
        :KUBE-KUBELET-CANARY - [0:0]
        :MINE - [0:0]
        -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -A PREROUTING -j MINE
        -A OUTPUT -g KUBE-SERVICES
        -A POSTROUTING -m comment --comment "after \" -j KUBE-SERVICES" -j MASQUERADE
        -A KUBE-SERVICES -p tcp --dport 80 -j KUBE-SVC-ABCDEFGHIJKLMNOP
        -A KUBE-SVC-ABCDEFGHIJKLMNOP -j KUBE-SEP-ABCDEFGHIJKLMNOP
        -A MINE -j RETURN
        COMMIT
        *filter
        :KUBE-FORWARD - [0:0]
        :KUBE-FIREWALL - [0:0]
        -A FORWARD -j KUBE-FORWARD
        -A INPUT -p tcp --dport 22 -j ACCEPT
        -A OUTPUT -j KUBE-FIREWALL
        COMMIT

        """#

    /// The rules and the chains that people made, as a tool shows them.
    private func shown(_ tool: String, _ namespace: NetNS) async throws -> [Substring] {
        try await namespace.demand("\(tool)-save").split(separator: "\n").filter {
            $0.hasPrefix("-A ") || $0.hasPrefix(":") && $0.contains(" - ")
        }
    }

    @Test("kube-proxy's tables and chains go, with the rules that lead there; the kubelet's and others' stay")
    func removal() async throws {
        let node = try await ProxyNode()
        let namespace = node.namespace
        for table in ["ip kube-proxy", "ip6 kube-proxy", "ip mine"] {
            try await namespace.demand("nft", "add table \(table)")
        }
        var tools: [String] = []
        for tool in ["iptables-nft", "ip6tables-nft", "iptables-legacy", "ip6tables-legacy"] {
            let restore = try RunningProcess(
                Programs.path(of: "\(tool)-restore"), ["--noflush"], input: Self.rules, in: namespace)
            // A kernel may have no tables of the legacy kind.
            if try await restore.outcome().exitCode == 0 { tools.append(tool) }
        }
        #expect(tools.starts(with: ["iptables-nft", "ip6tables-nft"]))
        let daemon = try await node.start()
        #expect(try await daemon.hasSaid("tables=ip kube-proxy, ip6 kube-proxy"))
        #expect(try daemon.errorSoFar().contains("run fairway-proxy --cleanup-kube-proxy"))
        try await node.stop(daemon)
        let outcome = try await node.run(["--cleanup-kube-proxy"]).outcome()
        #expect(outcome.exitCode == 0, "\(outcome.errorOutput)")
        for tool in tools {
            let left = try await shown(tool, namespace)
            let expected = [
                "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT", ":KUBE-KUBELET-CANARY - [0:0]", ":MINE - [0:0]",
                "-A PREROUTING -j MINE",
                #"-A POSTROUTING -m comment --comment "after \" -j KUBE-SERVICES" -j MASQUERADE"#,
                "-A MINE -j RETURN",
            ]
            #expect(Set(left.map(String.init)) == Set(expected), "\(tool): \(left)")
            #expect(outcome.errorOutput.contains("chains=6 tool=\(tool)"))
        }
        let tables = try await namespace.demand("nft", "list", "tables")
        #expect(tables.contains("table ip mine") && !tables.contains("kube-proxy"), "\(tables)")
        let again = try await node.run(["--cleanup-kube-proxy"]).outcome()
        #expect(again.exitCode == 0 && !again.errorOutput.contains("removed"), "\(again.errorOutput)")
    }

    @Test("Where one tool fails, what it holds is said to stay")
    func failure() async throws {
        let node = try await ProxyNode()
        let namespace = node.namespace
        let restore = try RunningProcess(
            Programs.path(of: "iptables-nft-restore"), ["--noflush"], input: Self.rules, in: namespace)
        #expect(try await restore.outcome().exitCode == 0)
        let before = try await shown("iptables-nft", namespace)
        #expect(before.count == 18)
        // A save that fails.
        let folder = "/tmp/fairway-test-tools-\(UInt64.random(in: 0...UInt64.max))"
        try await namespace.demand("mkdir", folder)
        try await namespace.demand("ln", "-s", Programs.path(of: "false"), "\(folder)/iptables-nft-save")
        let process = try RunningProcess(
            node.program, ["--cleanup-kube-proxy"], environment: ["PATH": folder], in: namespace)
        let outcome = try await process.outcome()
        #expect(outcome.exitCode == 1 && outcome.errorOutput.contains("iptables-nft-save failed"), "\(outcome)")
        let none = try RunningProcess(
            node.program, ["--cleanup-kube-proxy"], environment: ["PATH": "/nowhere"], in: namespace)
        #expect(try await none.outcome().errorOutput.contains("there is no iptables-save here"))
        try await namespace.demand("rm", "-r", folder)
        #expect(try await shown("iptables-nft", namespace) == before)
    }
}
