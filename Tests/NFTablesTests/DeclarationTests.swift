import NFTables
import NetworkTypes
import TestSupport
import Testing

@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct DeclarationTests {
    /// Each set as nft writes it and as it is declared here.
    private static let declarations: [(String, SetDeclaration)] = [
        ("set a { type ipv4_addr; }", SetDeclaration("a", type: [.ipv4Address])),
        ("set b { type ipv6_addr; }", SetDeclaration("b", type: [.ipv6Address])),
        ("set c { type ifname; }", SetDeclaration("c", type: [.interfaceName])),
        ("set d { type ifname . ether_addr; }", SetDeclaration("d", type: [.interfaceName, .etherAddress])),
        ("set e { type ipv4_addr . ipv4_addr; }", SetDeclaration("e", type: [.ipv4Address, .ipv4Address])),
        ("set f { type ipv4_addr; flags interval; }", SetDeclaration("f", type: [.ipv4Address], isInterval: true)),
        (
            "set g { type ipv4_addr . ipv4_addr . inet_service; flags interval; }",
            SetDeclaration("g", type: [.ipv4Address, .ipv4Address, .port], isInterval: true)
        ),
        (
            "map h { type inet_proto . inet_service : ipv4_addr . inet_service; }",
            SetDeclaration("h", type: [.protocolNumber, .port], data: [.ipv4Address, .port])
        ),
        (
            "map i { type ipv4_addr . inet_service : mark; flags interval; }",
            SetDeclaration("i", type: [.ipv4Address, .port], data: [.mark], isInterval: true)
        ),
        (
            "map j { type ipv6_addr : classid; flags interval; }",
            SetDeclaration("j", type: [.ipv6Address], data: [.classID], isInterval: true)
        ),
        (
            "map k { typeof meta l4proto . th dport : ip daddr . th dport; }",
            SetDeclaration(
                "k", typeof: [.transportProtocol, .destinationPort], data: [.destinationAddress(.ip), .destinationPort])
        ),
        (
            "map l { typeof ip6 daddr . meta l4proto . th dport : ip6 daddr . th dport; }",
            SetDeclaration(
                "l", typeof: [.destinationAddress(.ip6), .transportProtocol, .destinationPort],
                data: [.destinationAddress(.ip6), .destinationPort])
        ),
        (
            "map m { typeof ip saddr : ip daddr; }",
            SetDeclaration("m", typeof: [.sourceAddress(.ip)], data: [.destinationAddress(.ip)])
        ),
        (
            "set n { typeof iifname . ether saddr; }",
            SetDeclaration("n", typeof: [.inputInterface, .etherSource])
        ),
        (
            "set o { type ipv4_addr . inet_service; counter; }",
            SetDeclaration("o", type: [.ipv4Address, .port], hasCounter: true)
        ),
        ("set p { typeof ip6 saddr; }", SetDeclaration("p", typeof: [.sourceAddress(.ip6)])),
        (
            "map q { typeof meta priority : ip daddr . th dport; }",
            SetDeclaration("q", typeof: [.priority], data: [.destinationAddress(.ip), .destinationPort])
        ),
        (
            "map r { type ipv4_addr : classid; size 65535; flags dynamic,timeout; timeout 3h; }",
            SetDeclaration(dynamic: "r", type: [.ipv4Address], data: [.classID], milliseconds: 10_800_000)
        ),
    ]

    @Test("Declarations are those that nft makes, down to its user data")
    func sameAsNFT() async throws {
        let namespace = try NetNS()
        let text = "table ip theirs {\n" + Self.declarations.map { "\($0.0)\n" }.joined() + "}\n"
        let load = try await RunningProcess(Programs.path(of: "nft"), ["-f", "-"], input: text, in: namespace).outcome()
        #expect(load.exitCode == 0, "\(load.errorOutput)")
        let ours = TableID(family: .ip, name: "ours")
        var connection = try namespace.nftConnection()
        try connection.commit(Transaction([.addTable(ours)] + Self.declarations.map { .addSet(ours, $0.1) }))
        let theirSets = try #require(try connection.dump(TableID(family: .ip, name: "theirs"))).sets
        let ourSets = try #require(try connection.dump(ours)).sets
        for (text, declaration) in Self.declarations {
            #expect(theirSets[declaration.name]?.declaration == declaration, "\(text)")
            #expect(ourSets[declaration.name]?.declaration == declaration, "\(text)")
        }
    }

    @Test("A concatenation's number gives its parts back")
    func concatenation() {
        let parts: [DataType] = [.ipv4Address, .protocolNumber, .port, .interfaceName]
        #expect(DataType.parts(of: DataType.concatenation(parts)) == parts)
        #expect(DataType.parts(of: 63 << 6 | 7) == nil)
    }
}
