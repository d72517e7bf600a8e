import LinuxSystem
import NFTables
import ServiceTables
import TestSupport
import Testing

/// What somebody else did to the daemon's table while it was away: the next start names it and mends it.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct AlterationTests {
    private static let output = "flush chain TABLE output; delete chain TABLE output; add chain TABLE output"
    private static let hairpin = "flush chain TABLE postrouting; delete set TABLE hairpin"
    private static let nodePorts = "flush chain TABLE prerouting; flush chain TABLE output; delete map TABLE node-ports"

    private static let declarations: [TableAlteration] = [
        .init("dormant", "the table has flags dormant", commands: "add table TABLE { flags dormant ; }"),
        .init(
            "policy", "chain prerouting: policy drop, not accept", commands: "chain TABLE prerouting { policy drop; }"),
        .init(
            "hook", "chain output: type nat hook input priority -100, not type nat hook output priority -100",
            commands: output + " { type nat hook input priority -100; }"),
        .init(
            "priority", "chain output: type nat hook output priority -90, not",
            commands: output + " { type nat hook output priority -90; }"),
        .init(
            "type", "chain output: type filter hook output",
            commands: output + " { type filter hook output priority -100; }"),
        .init(
            "not attached", "chain output: not attached, not type nat hook output", commands: output),
        .replacing("size", "map services: size 1, not unlimited", "map services {", with: "map services {\n\t\tsize 1"),
        .replacing(
            "timeout", "set hairpin: other flags (timeout)", "set hairpin {", with: "set hairpin {\n\t\ttimeout 1h"),
        .replacing(
            "gc interval", "set hairpin: a gc-interval of 600000 ms, not 0", "set hairpin {",
            with: "set hairpin {\n\t\ttimeout 1h\n\t\tgc-interval 10m"),
        .replacing(
            "memory before speed", "set hairpin: another policy", "set hairpin {",
            with: "set hairpin {\n\t\tpolicy memory"),
        .init(
            "key type", "set hairpin: keys of another type",
            commands: hairpin + "; add set TABLE hairpin { type ipv4_addr . inet_service; }"),
        .init(
            "map for set", "set hairpin: a map, not a set",
            commands: hairpin + "; add map TABLE hairpin { type ipv4_addr . ipv4_addr : mark; }"),
        .init(
            "set for map", "map node-ports: a set, not a map",
            commands: nodePorts + "; add set TABLE node-ports { type inet_proto . inet_service; }"),
        .init(
            "data type", "map node-ports: data of another type",
            commands: nodePorts + "; add map TABLE node-ports { type inet_proto . inet_service : mark; }"),
        .init(
            "interval", "set hairpin: other flags (interval",
            commands: hairpin + "; add set TABLE hairpin { type ipv4_addr . ipv4_addr; flags interval; }"),
        .init(
            "dynamic", "set hairpin: other flags (dynamic)",
            commands: hairpin + "; add set TABLE hairpin { type ipv4_addr . ipv4_addr; flags dynamic; }"),
        .init("a set less", "set hairpin is missing", commands: hairpin),
        .init("a set more", "set strange is nobody's", commands: "add set TABLE strange { type mark; }"),
        .init(
            "a base chain more", "chain strange is nobody's",
            commands: "add chain TABLE strange { type filter hook forward priority 0; policy drop; }"),
        .init(
            "a chain more, with a map that leads there", "set strange-map is nobody's",
            commands: """
                add chain TABLE strange
                add map TABLE strange-map { type mark : verdict; elements = { 1 : goto strange }; }
                """),
        .init(
            "a chain less", "chain postrouting is missing",
            commands: "flush chain TABLE postrouting; delete chain TABLE postrouting"),
        .init(
            "an element for all keys", "map services has an element for all keys",
            commands: "add element TABLE services { * : 0:1 }"),
        .init(
            "another verdict", "map shapes: 1 elements are nobody's",
            commands: "delete element TABLE shapes { 1:1 }; add element TABLE shapes { 1:1 : drop }"),
        .init(
            "a shape of nobody's", "map shapes: 1 elements are nobody's",
            commands: "add element TABLE shapes { 7:7 : goto refuse }"),
        .init(
            "format", "set format does not hold 1",
            commands: "flush set TABLE format; add element TABLE format { 0 }"),
    ]

    /// Where a lookup can miss a key that one transaction deletes and adds again, it is done twice.
    private static let dispatch = KernelVersion.running < KernelVersion(6, 17) ? 6 : 4

    private static let rules =
        TableAlteration.rules(of: "prerouting", count: dispatch) + TableAlteration.rules(of: "output", count: dispatch)
        + TableAlteration.rules(of: "postrouting", count: 2) + TableAlteration.rules(of: "refuse", count: 3)
        + TableAlteration.rules(of: "pick-1", count: 3)

    private func lines(_ node: ProxyNode) throws -> Set<String> {
        var connection = try node.namespace.nftConnection()
        return try #require(try connection.dump(ServiceTablePair.tableIDs[0])).lines
    }

    @Test("A start names what is wrong with the table and mends it", arguments: declarations + rules)
    func start(alteration: TableAlteration) async throws {
        let node = try await ProxyNode()
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1"])])
        try await node.stop(try await node.start())
        let before = try lines(node)
        try await alteration.apply(to: "ip fairway", in: node.namespace)
        #expect(try lines(node) != before)
        let daemon = try await node.start()
        let log = try daemon.errorSoFar()
        #expect(log.contains("table ip fairway: ") && log.contains(alteration.words), "\(log)")
        #expect(log.contains(" warning "))
        #expect(try lines(node) == before)
        // It goes on from there.
        try node.write("b.json", [.service("b", "10.96.0.2"), .slice("b", ["10.244.0.2"])])
        try await node.waitForElements { $0.contains("10.96.0.2") }
        try await node.stop(daemon)
        // The next start finds nothing to say.
        let again = try await node.start()
        #expect(try !again.errorSoFar().contains(" warning "))
        try await node.stop(again)
    }

    @Test(
        "Elements that nobody of ours made go, and refuse nothing",
        arguments: [
            "hairpin { 10.244.0.1 . 10.244.0.9 }", "hairpin { 10.244.0.5 . 10.244.0.5 }",
            "services { 10.96.0.1 . icmp . 0 : 1:1 }", "counted { 10.96.0.1 . icmp . 0 }",
            "endpoints { 10.96.0.1 . icmp . 0 . 0 : 10.244.0.1 . 80 }", "node-ports { tcp . 30080 : 3:1 }",
        ])
    func strays(element: String) async throws {
        let node = try await ProxyNode()
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1"])])
        try await node.stop(try await node.start())
        let before = try lines(node)
        try await node.namespace.nft("add element ip fairway \(element)")
        #expect(try lines(node) != before)
        try await node.stop(try await node.start())
        #expect(try lines(node) == before)
    }

    @Test("A map that takes one Service only does not refuse the next one for ever")
    func size() async throws {
        let node = try await ProxyNode()
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1"])])
        try await node.stop(try await node.start())
        try await Self.declarations.first { $0.name == "size" }?.apply(to: "ip fairway", in: node.namespace)
        try node.write("b.json", [.service("b", "10.96.0.2"), .slice("b", ["10.244.0.2"])])
        let daemon = try await node.start()
        try await node.waitForElements { $0.contains("10.96.0.1") && $0.contains("10.96.0.2") }
        try await node.stop(daemon)
    }

    @Test("A flush and an alteration while it runs are mended with the next change")
    func whileRunning() async throws {
        let node = try await ProxyNode()
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1"])])
        let daemon = try await node.start()
        let before = try lines(node)
        try await node.namespace.nft("delete table ip fairway")
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.2"])])
        try await node.waitForElements { $0.contains("10.244.0.2") }
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1"])])
        try await node.waitForElements { $0.contains("10.244.0.1") }
        #expect(try lines(node) == before)
        try await node.stop(daemon)
    }

    @Test("A table of a later release is an error that names it, and is left alone")
    func newerFormat() async throws {
        let node = try await ProxyNode()
        try await node.stop(try await node.start())
        try await node.namespace.nft(
            "flush set ip fairway format; add element ip fairway format { 0x3e7 }; flush chain ip fairway refuse")
        let before = try lines(node)
        let outcome = try await node.run(node.arguments).outcome(within: 10)
        #expect(outcome.exitCode == 1)
        #expect(outcome.errorOutput.contains("table ip fairway has format 999"), "\(outcome.errorOutput)")
        #expect(try lines(node) == before)
    }

    @Test("A table that somebody else owns is named by the kernel's refusal, and left to its owner")
    func owner() async throws {
        let node = try await ProxyNode()
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1"])])
        // nft owns the table for as long as it waits for more commands.
        let shell = "exec nft -i < <(echo 'add table ip fairway { flags owner; }'; tail --pid=$$ -f /dev/null)"
        let owner = try RunningProcess(Programs.path(of: "bash"), ["-c", shell], in: node.namespace)
        for _ in 0..<500 where try await !node.namespace.demand("nft", "list tables").contains("ip fairway") {
            try await Task.sleep(for: .milliseconds(10))
        }
        let daemon = try node.run(node.arguments)
        #expect(try await daemon.hasSaid("Operation not permitted"))
        #expect(try !daemon.errorSoFar().contains(" ready"))
        owner.signal(9)
        _ = try await owner.outcome()
        try await node.waitForElements { $0.contains("10.244.0.1") }
        try await node.stop(daemon)
    }
}
