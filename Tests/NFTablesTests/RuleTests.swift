import NFTables
import NetworkTypes
import TestSupport
import Testing

@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct RuleTests {
    private static let table = TableID(family: .ipv4, name: "t")
    private static let recent = SetDeclaration(dynamic: "recent", type: [.ipv4Address])
    private static let clients = SetDeclaration(
        dynamic: "clients", type: [.ipv4Address], data: [.classID], milliseconds: 60_000)
    private static let set = SetDeclaration("s", keyType: 7, keyLength: 4, userData: [])

    private static let rules: [Rule] = [
        Rule([
            .payload(.network, offset: 16, length: 4, to: Register(0)),
            .lookup(set: "s", key: Register(0), .membership),
        ]),
        Rule([
            .loadMeta(.mark, to: Register(0)), .bitwise(Register(0), mask: [0, 0x40, 0, 0], xor: [0, 0, 0, 0]),
            .compare(Register(0), .equal, [0, 0x40, 0, 0]), .masquerade,
        ]),
        Rule([.immediate([0, 0, 0, 0], to: Register(0)), .setMeta(.priority, from: Register(0))]),
        Rule([.loadConntrackStatus(to: Register(0)), .compare(Register(0), .notEqual, [0, 0, 0, 0])]),
        Rule([.loadAddressType(.destination, to: Register(5)), .compare(Register(5), .equal, [2, 0, 0, 0])]),
        Rule([.loadMeta(.transportProtocol, to: Register(0)), .compare(Register(0), .equal, [6]), .reject(.tcpReset)]),
        Rule([.reject(.portUnreachable(.ipv4))]),
        Rule([
            .loadMeta(.transportProtocol, to: Register(0)), .compare(Register(0), .equal, [132]),
            .reject(.protocolUnreachable),
        ]),
        Rule(.isInvalid + [.counter, .drop]),
        Rule([.loadAddressType(.source, to: Register(0)), .loadConntrackState(to: Register(1)), .accept]),
        Rule([.random(modulus: 3, offset: 65536, to: Register(4)), .drop]),
        Rule([.loadSource(.ipv4, to: Register(0)), .remember(in: "recent", key: Register(0), milliseconds: 30000)]),
        Rule([
            .loadSource(.ipv4, to: Register(0)), .loadMeta(.priority, to: Register(4)),
            .remember(in: "clients", key: Register(0), data: Register(4)),
        ]),
        Rule([
            .loadSource(.ipv4, to: Register(0)), .loadMeta(.priority, to: Register(4)),
            .forget(in: "clients", key: Register(0), data: Register(4)),
        ]),
        Rule([.loadSource(.ipv4, to: Register(0)), .forget(in: "recent", key: Register(0))]),
        // Not of one byte, as tables of older formats have it: 6.12.117 refuses that.
        Rule([.loadMeta(.transportProtocol, to: Register(0)), .toNetworkOrder(Register(0), length: 2, size: 2), .drop]),
        Rule([.random(modulus: 3, to: Register(4)), .goto(chain: "other")]),
        Rule([
            .loadMeta(.inputInterfaceName, to: Register(0)), .compare(Register(0), .notEqual, interfaceName("lo")),
            .jump(chain: "other"),
        ]),
        Rule([.loadMeta(.outputInterfaceName, to: Register(4)), .return]),
        Rule([.loadOriginal(.destinationPort, to: Register(2)), .accept]),
        Rule([.loadOriginal(.destinationIPv4Address, to: Register(0)), .drop]),
        Rule([
            .payload(.network, offset: 12, length: 4, to: Register(0)), .lookup(set: "s", key: Register(0), .absence),
        ]),
    ]

    private static func interfaceName(_ name: String) -> [UInt8] { [UInt32].interface(name)[...].bytes }

    @Test("A rule that was dumped is read back into the value that made it")
    func roundTrip() throws {
        var connection = try NetNS().nftConnection()
        var transaction = Transaction([
            .addTable(Self.table), .addSet(Self.table, Self.set), .addSet(Self.table, Self.recent),
            .addSet(Self.table, Self.clients),
        ])
        transaction.add(Chain("other", rules: []), in: Self.table)
        transaction.add(
            Chain("nat", hook: .init(.nat, .postrouting, priority: 100), rules: [Self.rules[1]]), in: Self.table)
        transaction.add(Chain("plain", rules: Self.rules), in: Self.table)
        try connection.commit(transaction)
        let snapshot = try #require(try connection.dump(Self.table))
        #expect(try #require(snapshot.chains["plain"]?.rules) == Self.rules)
        #expect(snapshot.chains["nat"]?.hook == Chain.Hook(.nat, .postrouting, priority: 100))
        #expect(snapshot.sets["s"]?.declaration == Self.set)
    }

    @Test(
        "What means something else is equal to nothing that Fairway makes",
        arguments: [
            "masquerade", "masquerade random", "ct mark 1", "quota 1 bytes", "log",
            "limit rate 1/second",
            "numgen inc mod 2 vmap { 0 : accept }", "fib saddr . mark type local",
            "ip daddr set 10.0.0.1", "ip daddr != @s2", "jhash ip saddr mod 2 vmap { 0 : accept }",
        ])
    func foreign(text: String) async throws {
        let namespace = try NetNS()
        try await namespace.demand(
            "nft",
            """
            add table ip t
            add set ip t s2 { type ipv4_addr; }
            add chain ip t c { type nat hook postrouting priority 100; }
            add rule ip t c \(text)
            """)
        var connection = try namespace.nftConnection()
        let rule = try #require(try connection.dump(Self.table)?.chains["c"]?.rules.first)
        let isForeign = rule.expressions.contains { if case .foreign = $0 { true } else { false } }
        #expect(isForeign || rule.expressions.contains(.lookup(set: "s2", key: Register(0), .absence)), "\(rule)")
    }
}
