import LinuxSystem
import NFTables
import ServiceTables
import TestSupport
import Testing

/// What somebody else did to the daemon's table while it was away: the next start names it and mends it.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct AlterationTests {
    private static func declarations(_ family: String, _ address: String) -> [TableAlteration] {
        let table = AlteredTable(
            priority: -100, address: address, sized: ("services", 7), catchall: ("services", "0:1"),
            ports: "node-ports", lookingChains: ["prerouting", "output", "input", "invalid"])
        return (TableAlteration.declarations(of: table) + shapes).map { $0.on("\(family) fairway") }
    }

    private static let shapes: [TableAlteration] = [
        .init(
            "another verdict", "map shapes: 1 elements are nobody's",
            commands: "delete element TABLE shapes { 1:1 }; add element TABLE shapes { 1:1 : drop }"),
        .init(
            "a shape of nobody's", "map shapes: 1 elements are nobody's",
            commands: "add element TABLE shapes { 7:7 : goto refuse }"),
        .init(
            "format", "set format does not hold 4",
            commands: "flush set TABLE format; add element TABLE format { 0 }"),
    ]

    /// Where a lookup can miss a key that one transaction deletes and adds again, it is done twice.
    private static let dispatch = KernelVersion.running < KernelVersion(6, 17) ? 8 : 6

    private static func rules(_ family: String) -> [TableAlteration] {
        // ICMP can tell an SCTP client.
        let refusing = family == "ip" ? 4 : 3
        let chains = [
            ("prerouting", dispatch), ("output", dispatch), ("postrouting", 4), ("refuse", refusing), ("pick-1", 4),
            ("masquerade-2", 5), ("node-port-2", 5), ("external-1", 4), ("node-port-external-1", 4), ("plain-1", 3),
            ("local-1", 3), ("node-port-local-1", 3), ("discard", 2), ("refuse-node-port", refusing + 1), ("check", 4),
            ("input", 1), ("invalid", 3), ("invalid-in", 1), ("invalid-out", 1), ("choose-2", 1), ("choose-local-2", 1),
            ("choose", 1), ("serve", 3), ("serve-local", 3), ("sticky-pick-1", 8), ("sticky-masquerade-1", 8),
            ("sticky-external-2", 2), ("sticky-plain-2", 8), ("sticky-local-2", 7),
        ]
        return chains.flatMap { TableAlteration.rules(of: $0, count: $1) }.map { $0.on("\(family) fairway") }
    }

    private static let alterations =
        declarations("ip", "ipv4_addr") + rules("ip") + declarations("ip6", "ipv6_addr") + rules("ip6")

    /// In both families: a Service of one endpoint, one with node port and external address and two, and one that keeps
    /// outsiders on this node.
    private static let objects: [TestObject] =
        [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1"])]
        + [.service("n", "10.96.0.8", external: "192.0.2.8", nodePort: 30080)]
        + [.slice("n", ["10.244.0.7", "10.244.0.8"])]
        + [.service("l", "10.96.0.9", external: "192.0.2.9", nodePort: 30090, isLocal: true)]
        + [.slice("l", ["10.244.0.9"]), .slice("l6", ["fd00:244::9"])]
        + [.service("l6", "fd00:96::9", external: "2001:db8::9", nodePort: 30096, isLocal: true)]
        + [.service("a6", "fd00:96::1"), .slice("a6", ["fd00:244::1"])]
        + [.service("n6", "fd00:96::8", external: "2001:db8::8", nodePort: 30086)]
        + [.slice("n6", ["fd00:244::7", "fd00:244::8"])]
        + [.service("s", "10.96.0.5", nodePort: 30070, affinity: 60), .slice("s", ["10.244.0.5", "10.244.0.6"])]
        + [.service("s6", "fd00:96::5", nodePort: 30076, affinity: 60)]
        + [.slice("s6", ["fd00:244::5", "fd00:244::6"])]
        + [.service("sl", "10.96.0.6", nodePort: 30071, isLocal: true, affinity: 60)]
        + [.slice("sl", ["10.244.0.5", "10.244.0.6"])]
        + [.service("sl6", "fd00:96::6", nodePort: 30077, isLocal: true, affinity: 60)]
        + [.slice("sl6", ["fd00:244::5", "fd00:244::6"])]

    private func lines(_ node: ProxyNode) throws -> Set<String> {
        let lines = try node.namespace.lines(of: ServiceTablePair.tableIDs)
        for table in ServiceTablePair.tableIDs { try #require(lines.contains { $0.hasPrefix("\(table): ") }) }
        return lines
    }

    // One after the other: a user has 128 inotify instances, which all nodes of this machine share.
    @Test("A start names what is wrong with the table and mends it", .serialized, arguments: alterations)
    func start(alteration: TableAlteration) async throws {
        let node = try await ProxyNode()
        try node.write("a.json", Self.objects)
        try await node.stop(try await node.start())
        let before = try lines(node)
        try await alteration.apply(in: node.namespace)
        #expect(try lines(node) != before)
        let daemon = try await node.start()
        let log = try daemon.errorSoFar()
        #expect(log.contains(alteration.sentence), "\(log)")
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

    @Test("Options that are others now are put in force, and nobody is blamed")
    func otherOptions() async throws {
        let node = try await ProxyNode()
        try node.write("a.json", Self.objects)
        try await node.stop(try await node.start())
        let daemon = try node.run(node.arguments + ["--masquerade-bit", "12"])
        #expect(try await daemon.hasSaid(" watching"))
        #expect(try await node.namespace.demand("nft", "list", "ruleset").contains("meta mark | 0x00001000"))
        try await node.stop(daemon)
        let said = try daemon.errorSoFar()
        #expect(said.contains("found the tables otherwise than these options have them; mended"), "\(said)")
        #expect(!said.contains("somebody else"), "\(said)")
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
        let size = TableAlteration.replacing("size", "", "map services {", with: "map services {\n\t\tsize 1")
        try await size.apply(in: node.namespace)
        try node.write("b.json", [.service("b", "10.96.0.2"), .slice("b", ["10.244.0.2"])])
        let daemon = try await node.start()
        try await node.waitForElements { $0.contains("10.96.0.1") && $0.contains("10.96.0.2") }
        try await node.stop(daemon)
    }

    @Test("Whatever somebody does to the tables while it runs is mended within a second, and named")
    func whileRunning() async throws {
        let node = try await ProxyNode()
        try node.write("a.json", Self.objects)
        let daemon = try await node.start()
        let before = try lines(node)
        func expectMended(_ what: String) async throws {
            let start = ContinuousClock.now
            var isMended = false
            while !isMended, ContinuousClock.now < start + .seconds(5) {
                // A table may be missing at this moment.
                isMended = try node.namespace.lines(of: ServiceTablePair.tableIDs) == before
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(isMended && ContinuousClock.now < start + .seconds(1), "\(what)")
        }
        for act in [
            "flush ruleset", "delete table ip fairway", "flush set ip fairway cluster-ips",
            "add element ip fairway hairpin { 10.1.1.1 . 10.1.1.1 }",
            "delete element ip6 fairway services { fd00:96::1 . tcp . 80 }",
        ] {
            try await node.namespace.nft(act)
            try await expectMended(act)
        }
        for alteration in Self.alterations where !["size", "owner"].contains(alteration.name) {
            try await alteration.apply(in: node.namespace)
            try await expectMended(alteration.description)
            #expect(try daemon.errorSoFar().contains(alteration.sentence), "\(alteration)")
        }
        // What others do to their own tables is none of its business.
        let repairs = try daemon.errorSoFar().split(separator: "\n").filter { $0.contains("somebody else") }.count
        try await node.namespace.nft("add table ip other; add chain ip other c; add rule ip other c accept")
        try node.write("b.json", [.service("b", "10.96.0.2"), .slice("b", ["10.244.0.2"])])
        try await node.waitForElements { $0.contains("10.96.0.2") }
        #expect(try daemon.errorSoFar().split(separator: "\n").filter { $0.contains("somebody else") }.count == repairs)
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
