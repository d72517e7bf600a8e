import TestSupport
import Testing

/// What people look at: `show`, `explain` and `top`, with no daemon running.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct InspectTests {
    /// A node that served some Services, and whose daemon has ended.
    private func served() async throws -> ProxyNode {
        let node = try await ProxyNode()
        try await node.namespace.demand("ip", "address", "add", "10.9.0.1/24", "dev", "lo")
        try await node.namespace.demand("ip", "link", "set", "lo", "up")
        try await node.namespace.demand("ip", "route", "add", "10.96.0.0/16", "dev", "lo")
        try node.write(
            "a.json",
            [
                .service("web", "10.96.0.1", external: "192.0.2.1", nodePort: 30080),
                .slice("web", ["10.244.0.1", "10.244.0.2"]),
                .service("pinned", "10.96.0.2", affinity: 60), .slice("pinned", ["10.244.0.3"]),
                .service("kept", "10.96.0.3", nodePort: 30081, isLocal: true), .slice("kept", ["10.244.0.4"]),
                .service("empty", "10.96.0.4"), .service("six", "fd00:96::1"), .slice("six", ["fd00:244::1"]),
            ])
        try await node.stop(try await node.start())
        return node
    }

    private func output(_ node: ProxyNode, _ arguments: String..., input: String = "") async throws -> String {
        let outcome = try await RunningProcess(node.program, arguments, input: input, in: node.namespace).outcome()
        #expect(outcome.exitCode == 0, "\(outcome.errorOutput)")
        return outcome.output
    }

    /// Tries the Service without endpoints, which is refused.
    private func connect(_ node: ProxyNode) async throws {
        _ = try await node.namespace.run("timeout", "20", "bash", "-c", "exec 3<>/dev/tcp/10.96.0.4/80")
    }

    @Test("explain says who answers, with which source, or why nobody does")
    func explain() async throws {
        let node = try await served()
        let web = try await output(node, "explain", "10.244.0.9", "10.96.0.1:80/tcp")
        #expect(
            web.contains("default/web is addressed.") && web.contains("One of 2 answers, each with the same chance:"))
        #expect(web.contains("  10.244.0.1:8080, which sees 10.244.0.9") && web.contains("  10.244.0.2:8080, which"))
        let pinned = try await output(node, "explain", "10.244.0.9", "10.96.0.2:80")
        #expect(pinned.contains("Answered by 10.244.0.3:8080, which sees 10.244.0.9"))
        let six = try await output(node, "explain", "fd00::9", "[fd00:96::1]:80/TCP")
        #expect(six.contains("Answered by [fd00:244::1]:8080"))
        let empty = try await output(node, "explain", "10.244.0.9", "10.96.0.4:80")
        #expect(empty.contains("Refused with a TCP reset (chain refuse): no endpoint is ready"))
        let port = try await output(node, "explain", "10.244.0.9", "10.96.0.1:81/udp")
        #expect(
            port.contains("Refused with ICMP port unreachable (chain refuse): the Service that has this address has no")
        )
        let ping = try await output(node, "explain", "10.244.0.9", "10.96.0.1/icmp")
        #expect(ping.contains("Refused with ICMP port unreachable"))
        let stranger = try await output(node, "explain", "10.244.0.9", "10.200.0.1:80")
        #expect(stranger.contains("No Service's: it goes on to 10.200.0.1:80 as it is, from 10.244.0.9"))
        let lines = try await output(
            node, "explain", "-",
            input: "10.244.0.9 10.96.0.4:80\n10.244.0.9 10.96.0.2:80/tcp\n10.9.0.7 10.9.0.1:30081\n")
        #expect(lines == "reset\nanswered:10.244.0.3,8080,10.244.0.9\nanswered:10.244.0.4,8080,10.9.0.7\n")
    }

    @Test("explain knows whom a client keeps, and that a backend which has gone is not kept")
    func pin() async throws {
        let node = try await ProxyNode()
        try node.write(
            "a.json", [.service("p", "10.96.0.2", affinity: 600), .slice("p", (1...9).map { "10.244.0.\($0)" })])
        try await node.stop(try await node.start())
        let all = try await output(node, "explain", "10.244.1.1", "10.96.0.2:80")
        #expect(all.contains("One of 9 answers"))
        // As the rules note it: c000:4 is one of the nine ids.
        try await node.namespace.nft("add element ip fairway clients-1 { 10.244.1.1 : c000:4, 10.244.1.2 : ffff:1 }")
        let kept = try await output(node, "explain", "10.244.1.1", "10.96.0.2:80")
        #expect(kept.contains("Answered by 10.244.0."))
        let lost = try await output(node, "explain", "10.244.1.2", "10.96.0.2:80")
        #expect(lost.contains("One of 9 answers"))
    }

    @Test("explain names a rule that somebody else put into the way")
    func foreignRule() async throws {
        let node = try await served()
        try await node.namespace.nft("insert rule ip fairway prerouting ip daddr 10.96.0.1 log prefix \"x\"")
        let text = try await output(node, "explain", "10.244.0.9", "10.96.0.1:80")
        #expect(text.contains("A rule that is not Fairway's decides (chain prerouting): log"))
        try await node.namespace.nft(
            "add chain ip fairway prerouting { policy drop; }; flush chain ip fairway prerouting")
        let dropped = try await output(node, "explain", "10.244.0.9", "10.96.0.1:80")
        #expect(dropped.contains("Dropped (chain prerouting)"))
    }

    @Test("show lists Services, frontends, how many endpoints, connections and what is special")
    func show() async throws {
        let node = try await served()
        let all = try await output(node, "show")
        let lines = all.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.first == ["SERVICE", "FRONTEND", "SHAPE", "ENDPOINTS", "CONNECTIONS", "REMARKS"])
        #expect(lines.contains(["default/web", "10.96.0.1:80/TCP", "pick-2", "2", "0"]))
        #expect(lines.contains(["default/empty", "10.96.0.4:80/TCP", "refuse", "0", "0"]))
        #expect(all.contains("clients keep theirs for 60 s") && all.contains("1 on this node for outsiders"))
        #expect(all.contains("[fd00:96::1]:80/TCP") && all.contains("node port 30080/TCP"))
        let one = try await output(node, "show", "default/kept", "--endpoints")
        #expect(one.contains("  10.244.0.4:8080") && one.contains("(local)") && !one.contains("default/web"))
        // Each connection that begins is counted, answered or not.
        try await connect(node)
        let counted = try await output(node, "show", "default/empty")
        #expect(counted.split(separator: "\n").last?.contains(" 1  ") == true, "\(counted)")
    }

    @Test("top shows which Service gets how many new connections a second")
    func top() async throws {
        let node = try await served()
        // As many looks as a slow machine needs until one of them has had a connection before it.
        let process = try node.run(["top", "--interval", "1"])
        let end = ContinuousClock.now + .seconds(60)
        while try !process.outputSoFar().contains("default/empty"), ContinuousClock.now < end {
            try await connect(node)
        }
        process.signal(2)
        let outcome = try await process.outcome(within: 20)
        #expect(outcome.output.contains("CONNECTIONS/S") && outcome.output.contains("default/empty"), "\(outcome)")
        // It ends by itself after as many looks as it was to take.
        #expect(try await output(node, "top", "--interval", "0.1", "--count", "2").contains("CONNECTIONS/S"))
    }

    @Test(
        "What cannot be read, or is not there, is named with the cure",
        arguments: [
            (["explain", "10.1", "10.96.0.1:80"], "\"10.1\" is no address"),
            (["explain", "10.1.1.1", "10.96.0.1"], "\"10.96.0.1\" is no destination; write ADDRESS:PORT/PROTO"),
            (["explain", "10.1.1.1", "10.96.0.1:80/quic"], "\"quic\" is none of tcp, udp, sctp, icmp"),
            (["explain", "10.1.1.1", "10.96.0.1:99999"], "is no destination"),
            (["explain", "10.1.1.1", "[fd00::1]:80"], "are of two families"),
            (["explain", "10.1.1.1", "10.96.0.1:80"], "there is no table ip fairway in this network namespace"),
            (["show"], "there are no tables of Fairway's in this network namespace"),
            (["top", "--count", "1"], "there are no tables of Fairway's in this network namespace"),
            (["top", "--interval", "0"], "--interval: give 0.1 to 3600 seconds"),
        ])
    func errors(arguments: [String], sentence: String) async throws {
        let node = try await ProxyNode()
        let outcome = try await node.run(arguments).outcome()
        #expect(outcome.exitCode != 0)
        #expect(outcome.errorOutput.contains(sentence), "\(outcome.errorOutput)")
    }
}
