import LinuxSystem
import NFTables
import NetworkTypes
import TestSupport
import Testing

@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct ElementTests {
    private static let table = TableID(family: .ip, name: "t")
    private static let ports = SetDeclaration(
        "ports", typeof: [.transportProtocol, .destinationPort], data: [.destinationAddress(.ip), .destinationPort])
    private static let ranges = SetDeclaration("ranges", type: [.ipv4Address], isInterval: true)
    private static let wideRanges = SetDeclaration("wide", type: [.ipv6Address], data: [.mark], isInterval: true)
    private static let clients = SetDeclaration(
        "clients", type: [.ipv4Address, .ipv4Address, .port], isInterval: true)

    private func open(_ sets: SetDeclaration...) throws -> NFTConnection {
        var connection = try NetNS().nftConnection()
        try connection.commit(Transaction([.addTable(Self.table)] + sets.map { .addSet(Self.table, $0) }))
        return connection
    }

    private func address(_ text: String) throws -> [UInt32] { .address(try #require(IPAddress(text))) }

    private func mapping(_ port: UInt16, to pod: String, owner: String?) throws -> Elements {
        var elements = Elements(of: Self.ports)
        elements.append(key: .proto(.tcp) + .port(port), data: try address(pod) + .port(80), comment: owner)
        return elements
    }

    @Test("A key that is taken refuses the transaction, whatever data it has")
    func takenKey() throws {
        var connection = try open(Self.ports)
        let table = Self.table
        let first = try mapping(8080, to: "10.0.0.1", owner: "a")
        let sameOfOther = try mapping(8080, to: "10.0.0.1", owner: "b")
        let other = try mapping(8080, to: "10.0.0.2", owner: "b")
        let free = try mapping(8081, to: "10.0.0.2", owner: "b")
        try connection.commit(Transaction([.addElements(table, set: "ports", first)]))
        for taken in [sameOfOther, other] {
            let transaction = Transaction([
                .addElements(table, set: "ports", free), .addElements(table, set: "ports", taken),
            ])
            do {
                try connection.commit(transaction)
                Issue.record("a taken key was accepted")
            } catch {
                #expect(error.errno == .exists || error.errno == .busy, "\(error)")
                #expect(error.operation == "add element ip t ports (1)")
            }
        }
        #expect(try connection.element(.proto(.tcp) + .port(8081), of: "ports", in: table) == nil)
        #expect(try connection.element(.proto(.tcp) + .port(8080), of: "ports", in: table)?.comment == "a")
    }

    @Test("One element is found by its key, with data and comment; what does not exist is nil")
    func singleElement() throws {
        var connection = try open(Self.ports, Self.clients, Self.ranges)
        var transaction = Transaction()
        for port in UInt16(1)...300 {
            transaction.add(
                try mapping(port, to: "10.0.0.1", owner: "net/pod\(port)/eth0"), to: "ports", in: Self.table)
        }
        var clients = Elements(of: Self.clients)
        let pod = try address("10.0.0.9")
        clients.append(
            key: try address("10.0.0.0") + pod + .port(80), through: try address("10.0.0.255") + pod + .port(80),
            comment: "net/pod/eth0")
        transaction.add(clients, to: "clients", in: Self.table)
        var ranges = Elements(of: Self.ranges)
        ranges.append(key: try address("10.1.0.0"), through: try address("10.1.255.255"), comment: "pods")
        transaction.add(ranges, to: "ranges", in: Self.table)
        try connection.commit(transaction)

        let found = try connection.element(.proto(.tcp) + .port(77), of: "ports", in: Self.table)
        #expect(found == ElementContent(data: try address("10.0.0.1") + .port(80), comment: "net/pod77/eth0"))
        #expect(try connection.element(.proto(.udp) + .port(77), of: "ports", in: Self.table) == nil)
        #expect(try connection.element(.proto(.tcp) + .port(77), of: "others", in: Self.table) == nil)
        let client = try address("10.0.0.20") + pod + .port(80)
        #expect(try connection.element(client, of: "clients", in: Self.table)?.comment == "net/pod/eth0")
        #expect(try connection.element(try address("10.1.2.3"), of: "ranges", in: Self.table)?.comment == "pods")
        #expect(
            try connection.element(.port(1), of: "ports", in: TableID(family: .ip6, name: "t")) == nil)
    }

    @Test("Ranges of a single part and of a concatenation come back as they were added, and go one by one")
    func ranges() throws {
        var connection = try open(Self.ranges, Self.wideRanges, Self.clients)
        var single = Elements(of: Self.ranges)
        // Neighbours, a range of one, and both ends of the number line.
        for (first, last, name) in [
            ("0.0.0.0", "0.255.255.255", "low"), ("10.0.0.0", "10.0.0.255", nil), ("10.0.1.0", "10.0.1.255", "next"),
            ("192.0.2.7", "192.0.2.7", "one"), ("240.0.0.0", "255.255.255.255", "high"),
        ] {
            single.append(key: try address(first), through: try address(last), comment: name)
        }
        var wide = Elements(of: Self.wideRanges)
        wide.append(key: try address("fd00::"), through: try address("fd00::ffff:ffff:ffff:ffff"), data: [7])
        wide.append(key: try address("fe80::1"), data: [8], comment: "one")
        var clients = Elements(of: Self.clients)
        for pod in 1...40 {
            let end = try address("10.0.0.\(pod)") + .port(80)
            clients.append(
                key: try address("0.0.0.0") + end, through: try address("255.255.255.255") + end,
                comment: "net/pod\(pod)/eth0")
        }
        let all = [("ranges", single), ("wide", wide), ("clients", clients)]
        try connection.commit(Transaction(all.map { .addElements(Self.table, set: $0, $1) }))
        var snapshot = try #require(try connection.dump(Self.table))
        for (name, elements) in all {
            let found = try #require(snapshot.sets[name]?.elements)
            #expect(found.rows == elements.rows, "\(name)")
        }

        var gone = Elements(of: Self.ranges)
        gone.append(key: try address("10.0.0.0"), through: try address("10.0.0.255"))
        gone.append(key: try address("240.0.0.0"), through: try address("255.255.255.255"))
        var goneClients = Elements(of: Self.clients)
        let end = try address("10.0.0.3") + .port(80)
        goneClients.append(key: try address("0.0.0.0") + end, through: try address("255.255.255.255") + end)
        try connection.commit(
            Transaction([
                .deleteElements(Self.table, set: "ranges", gone),
                .deleteElements(Self.table, set: "clients", goneClients),
            ]))
        snapshot = try #require(try connection.dump(Self.table))
        #expect(snapshot.sets["ranges"]?.elements.rows.count == 3)
        #expect(snapshot.sets["clients"]?.elements.rows.count == 39)
    }

    @Test("Tables of all families are told apart")
    func tables() throws {
        var connection = try NetNS().nftConnection()
        let tables = [TableFamily.ip, .ip6, .bridge].map { TableID(family: $0, name: "fairway-cni") }
        try connection.commit(Transaction(tables.dropFirst().map { .addTable($0) }))
        #expect(try connection.flags(of: tables[2]) == [])
        #expect(try connection.flags(of: tables[0]) == nil)
    }
}

extension Elements {
    /// One line for each element, in a fixed order.
    var rows: [String] {
        (0..<count).map { "\(Array(key($0)))-\(Array(lastKey($0))): \(Array(data($0))) \(comment($0) ?? "")" }.sorted()
    }
}
