import NFTables
import NetworkTypes
import TestSupport
import Testing

/// What nft lists must be what nft loads, and what it loads must mean the same.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct ReloadTests {
    private static let table = TableID(family: .ip, name: "ports")
    private static let bridge = TableID(family: .bridge, name: "guard")

    private static func address(_ text: String) throws -> [UInt32] { .address(try #require(IPAddress(text))) }

    /// Host ports, a port's clients as ranges and an address list, each used by a rule.
    private static func portTable() throws -> Transaction {
        let key = Register(0)
        let ports = SetDeclaration(
            "host-ports", typeof: [.destinationAddress(.ip), .transportProtocol, .destinationPort],
            data: [.destinationAddress(.ip), .destinationPort])
        let clients = SetDeclaration("clients", type: [.ipv4Address, .ipv4Address, .port], isInterval: true)
        let excluded = SetDeclaration("excluded", type: [.ipv4Address], isInterval: true)
        var transaction = Transaction([
            .addTable(table), .addSet(table, ports), .addSet(table, clients), .addSet(table, excluded),
        ])
        var mappings = Elements(of: ports)
        mappings.append(
            key: try address("192.0.2.1") + .proto(.udp) + .port(53), data: try address("10.0.0.1") + .port(5353),
            comment: "pods/0123456789abcdef/eth0")
        transaction.add(mappings, to: "host-ports", in: table)
        var ranges = Elements(of: clients)
        let end = try address("10.0.0.1") + .port(53)
        ranges.append(key: try address("10.0.0.0") + end, through: try address("10.0.0.255") + end, comment: "a")
        ranges.append(
            key: try address("0.0.0.0") + (try address("10.0.0.2")) + .port(53),
            through: try address("255.255.255.255") + (try address("10.0.0.2")) + .port(53), comment: "b")
        transaction.add(ranges, to: "clients", in: table)
        var networks = Elements(of: excluded)
        networks.append(key: try address("10.0.0.0"), through: try address("10.255.255.255"), comment: "pods")
        networks.append(key: try address("240.0.0.0"), through: try address("255.255.255.255"))
        transaction.add(networks, to: "excluded", in: table)
        transaction.add(
            Chain(
                "masquerade-pods",
                rules: [
                    Rule([
                        .payload(.network, offset: 16, length: 4, to: key),
                        .lookup(set: "excluded", key: key, .membership), .return,
                    ]),
                    Rule([
                        .payload(.network, offset: 16, length: 4, to: key),
                        .bitwise(key, mask: [0xf0, 0, 0, 0], xor: [0, 0, 0, 0]),
                        .compare(key, .equal, [0xe0, 0, 0, 0]), .accept,
                    ]),
                    Rule([.masquerade]),
                ]), in: table)
        transaction.add(
            Chain(
                "prerouting", hook: .init(.nat, .prerouting, priority: -99),
                rules: [
                    Rule([
                        .loadAddressType(.destination, to: key), .compare(key, .equal, [2, 0, 0, 0]),
                        .payload(.network, offset: 16, length: 4, to: key),
                        .loadMeta(.transportProtocol, to: Register(1)),
                        .payload(.transport, offset: 2, length: 2, to: Register(2)),
                        .lookup(set: "host-ports", key: key, .data(key)),
                        .dnat(.ipv4, address: key, port: Register(1)),
                    ])
                ]), in: table)
        transaction.add(
            Chain(
                "postrouting", hook: .init(.nat, .postrouting, priority: 101),
                rules: TransportProtocol.allCases.map { proto in
                    Rule([
                        .loadMeta(.transportProtocol, to: key), .compare(key, .equal, [proto.number]),
                        .loadConntrackStatus(to: key), .bitwise(key, mask: [32, 0, 0, 0], xor: [0, 0, 0, 0]),
                        .compare(key, .notEqual, [0, 0, 0, 0]),
                        .payload(.network, offset: 12, length: 4, to: key),
                        .payload(.network, offset: 16, length: 4, to: Register(1)),
                        .loadOriginal(.destinationPort, to: Register(2)),
                        .lookup(set: "clients", key: key, .membership), .masquerade,
                    ])
                } + [
                    Rule([
                        .payload(.network, offset: 12, length: 2, to: key), .compare(key, .equal, [10, 0]),
                        .jump(chain: "masquerade-pods"),
                    ]),
                    Rule([
                        .loadOriginal(.destinationIPv4Address, to: key), .compare(key, .equal, [127, 0, 0, 1]),
                        .masquerade,
                    ]),
                ]), in: table)
        transaction.add(
            Chain(
                "martians", hook: .init(.filter, .prerouting, priority: -300),
                rules: [
                    Rule([
                        .loadMeta(.inputInterfaceName, to: key),
                        .compare(key, .notEqual, [UInt32].interface("lo")[...].bytes),
                        .payload(.network, offset: 16, length: 1, to: key), .compare(key, .equal, [127]), .drop,
                    ])
                ]), in: table)
        return transaction
    }

    /// Interfaces that may send from their own Ethernet address only.
    private static func guardTable() throws -> Transaction {
        let guarded = SetDeclaration("guarded", type: [.interfaceName])
        let allowed = SetDeclaration("allowed", type: [.interfaceName, .etherAddress])
        var transaction = Transaction([
            .addTable(bridge), .addSet(bridge, guarded), .addSet(bridge, allowed),
        ])
        var names = Elements(of: guarded)
        names.append(key: .interface("veth0123456789a"), comment: "pods/0123456789abcdef/eth0")
        transaction.add(names, to: "guarded", in: bridge)
        var pairs = Elements(of: allowed)
        pairs.append(key: .interface("veth0123456789a") + .ether(try #require(MACAddress("0a:58:0a:f4:00:05"))))
        transaction.add(pairs, to: "allowed", in: bridge)
        transaction.add(
            Chain(
                "prerouting", hook: .init(.filter, .prerouting, priority: -300),
                rules: [
                    Rule([
                        .loadMeta(.inputInterfaceName, to: Register(0)),
                        .lookup(set: "guarded", key: Register(0), .membership),
                        .loadMeta(.inputInterfaceName, to: Register(0)),
                        .payload(.link, offset: 6, length: 6, to: Register(4)),
                        .lookup(set: "allowed", key: Register(0), .absence), .drop,
                    ])
                ]), in: bridge)
        return transaction
    }

    /// What nft makes of the rules.
    private static let expectedLines = [
        "fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @host-ports",
        "meta l4proto sctp ct status dnat ip saddr . ip daddr . ct original proto-dst @clients masquerade fully-random",
        "ip saddr 10.0.0.0/16 jump masquerade-pods",
        "ct original ip daddr 127.0.0.1 masquerade fully-random",
        "ip daddr @excluded return",
        "ip daddr 224.0.0.0/4 accept",
        "iifname != \"lo\" ip daddr 127.0.0.0/8 drop",
        "iifname @guarded iifname . ether saddr != @allowed drop",
    ]

    private func content(_ snapshot: TableSnapshot) -> [String] {
        snapshot.chains.map { "chain \($0) \(String(describing: $1.hook)) \($1.rules)" }.sorted()
            + snapshot.sets.map { "set \($0) \($1.declaration) \($1.elements.rows)" }.sorted()
    }

    @Test("The listing loads into an empty namespace and gives the same expressions, sets and elements")
    func reload() async throws {
        let original = try NetNS()
        var connection = try original.nftConnection()
        try connection.commit(Transaction(try Self.portTable().operations + Self.guardTable().operations))
        let listing = try await original.demand("nft", "list", "ruleset")
        for line in Self.expectedLines { #expect(listing.contains("\t\t\(line)\n"), "\(line) in\n\(listing)") }

        let copy = try NetNS()
        let load = try await RunningProcess(Programs.path(of: "nft"), ["-f", "-"], input: listing, in: copy).outcome()
        #expect(load.exitCode == 0, "\(load.errorOutput)\n\(listing)")
        var copyConnection = try copy.nftConnection()
        for table in [Self.table, Self.bridge] {
            let before = try #require(try connection.dump(table))
            let after = try #require(try copyConnection.dump(table))
            #expect(content(after) == content(before), "\(listing)")
        }
        #expect(try await copy.demand("nft", "list", "ruleset") == listing)
    }
}
