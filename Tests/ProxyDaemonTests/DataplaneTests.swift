import Daemons
import Frontends
import Glibc
import KubeModel
import LinuxSystem
import Logging
import NFTables
import NetworkTypes
import ProxyDaemon
import ServiceTables
import Synchronization
import TestSupport
import Testing

/// The dataplane's loop, its retries and its tables, without a kernel, and on a clock of the test's own.
@Suite struct DataplaneTests {
    private let tables = FakeTables()
    private let board = StatusBoard()
    private let log = NotedLog()
    private let cleaner = NotedFlows()
    private let health = NotedChecks()
    private let firewalls = NotedSearches()

    private static let table = ServiceTablePair.tableIDs[0]

    private func service(_ number: Int, endpoints: [Int]) -> [ObjectChange] {
        let name = NamespacedName(namespace: "default", name: "s\(number)")
        func address(_ base: UInt128, _ number: Int) -> IPAddress {
            IPAddress(family: .ipv4, value: base + UInt128(number))
        }
        return [
            .set(
                .service(
                    Service(name: name, clusterIPs: [address(0x0a60_0000, number)], ports: [ServicePort(port: 80)]))),
            .set(
                .endpointSlice(
                    EndpointSlice(
                        name: name, service: name, family: .ipv4, ports: [EndpointPort(port: 8080)],
                        endpoints: endpoints.map { Endpoint(address: address(0x0af4_0000, $0)) }))),
        ]
    }

    private func update(_ changes: [ObjectChange]) -> SourceUpdate {
        SourceUpdate(changes: changes, complete: true, unreadable: 0)
    }

    /// Lets the dataplane work through batches of updates; it ends when it would wait for ever.
    @discardableResult
    private func run(_ batches: [[SourceUpdate]], between: [Int: () -> Void] = [:]) throws -> Script {
        let script = Script(batches, between) { [tables] in tables.hasNotices }
        var dataplane = Dataplane(
            nodeName: "here", NFTablesBackend(tables, ServiceTableOptions()),
            Surroundings(flows: cleaner, health: health, firewalls: firewalls, board: board, logger: log.logger)
        ) { script.now }
        try dataplane.run(script)
        return script
    }

    private func frontends() -> Set<UInt16> {
        guard let elements = tables.tables[Self.table]?.sets["services"]?.elements else { return [] }
        return Set((0..<elements.count).map { UInt16(truncatingIfNeeded: elements.key($0).prefix(1).addressValue) })
    }

    @Test("What a source delivers is in the tables, and the status says since when")
    func delivery() throws {
        try run([[update(service(1, endpoints: [1, 2]))], [update(service(2, endpoints: []))]])
        #expect(frontends() == [1, 2])
        let status = board.current
        #expect(status.isReady && status.frontends == 2 && status.endpoints == 2)
        #expect(status.pendingSince == nil && status.lastSync != nil && status.failures == 0 && status.commits >= 2)
    }

    @Test("What gathered is committed together, 10,000 changes too; what comes one by one is in the next commits")
    func groupCommit() throws {
        let first = (1...1000).map { update(service($0, endpoints: [$0])) }
        try run([first])
        let changes = (1...10_000).map { update(service(($0 - 1) % 1000 + 1, endpoints: [$0 + 1000])) }
        var counts: [Int] = []
        try run(
            [first, changes] + changes.prefix(20).map { [$0] },
            between: Dictionary(
                uniqueKeysWithValues: (1...21).map { [tables] in ($0, { counts.append(tables.transactions.count) }) }))
        // New shapes' chains, the elements, and endpoints' addresses.
        #expect(counts[1] > counts[0] && counts[1] <= counts[0] + 3)
        for (earlier, later) in zip(counts.dropFirst(), counts.dropFirst(2)) {
            #expect(later > earlier && later <= earlier + 2)
        }
        #expect(frontends().count == 1000)
    }

    @Test("A first sync comes in pieces, and none of them has a frontend whose endpoints are in a later one")
    func pieces() throws {
        try run([[update((1...3000).flatMap { service($0, endpoints: [$0, $0 + 5000]) })]])
        var slots: Set<[UInt32]> = []
        var pieces = 0
        for transaction in tables.transactions {
            var frontends: [[UInt32]] = []
            for case .addElements(_, let set, let elements) in transaction.operations {
                let keys = (0..<elements.count).map { Array(elements.key($0)) }
                if set == "endpoints" { slots.formUnion(keys) }
                if set == "services" { frontends += keys }
            }
            if !frontends.isEmpty { pieces += 1 }
            #expect(frontends.allSatisfy { slots.contains($0 + [0]) && slots.contains($0 + [1]) })
        }
        #expect(pieces > 2 && frontends().count == 3000)
    }

    @Test("Somebody who commits between two pieces is noticed, and all is there in the end")
    func overtakenPieces() throws {
        var pieces = 0
        tables.refusal = { [tables] operation in
            guard case .addElements(_, "services", _) = operation else { return nil }
            pieces += 1
            if pieces == 1 { tables.alter { $0[TableID(family: .ip, name: "other")] = TableSnapshot() } }
            return nil
        }
        let before = tables.dumps
        try run([[update((1...3000).flatMap { service($0, endpoints: [$0]) })]])
        // It went on in pieces, and dumped in between.
        #expect(pieces > 2 && tables.dumps > before + 2)
        #expect(frontends().count == 3000 && board.current.failures == 0)
    }

    @Test("A piece that the kernel refuses for one frontend leaves out that one")
    func refusedPiece() throws {
        let key: [UInt32] = .address(IPAddress(family: .ipv4, value: 0x0a60_0000 + 2000)) + .proto(.tcp) + .port(80)
        tables.refusal = { operation in
            guard case .addElements(_, "services", let elements) = operation,
                (0..<elements.count).contains(where: { Array(elements.key($0)) == key })
            else { return nil }
            return NetlinkError("test", .invalid)
        }
        try run([[update((1...3000).flatMap { service($0, endpoints: [$0]) })]])
        #expect(frontends().count == 2999 && !frontends().contains(2000))
        #expect(board.current.refused == 1 && log.text.contains("10.96.7.208:80/TCP"))
    }

    @Test("Load balancers are told of a Service when the kernel has it, and again only of what is otherwise")
    func healthChecks() throws {
        let asked = Service(
            name: NamespacedName(namespace: "default", name: "s1"), type: .loadBalancer,
            clusterIPs: [IPAddress(family: .ipv4, value: 0x0a60_0001)], ports: [ServicePort(port: 80)],
            externalTrafficPolicy: .local, healthCheckNodePort: 31000)
        var toldAtCommits: [Int] = []
        try run(
            [
                [update(service(2, endpoints: [1]))], [update([.set(.service(asked))])],
                [update(service(3, endpoints: [1]))], [update([.removed(KubeObject.service(asked).id)])],
            ],
            between: [
                1: { [health, tables] in
                    #expect(health.noted.isEmpty)
                    tables.faults = [NetlinkError("test", .outOfMemory)]
                    tables.refusal = { _ in
                        toldAtCommits.append(health.noted.count)
                        return nil
                    }
                },
                2: { [health, tables] in
                    #expect(
                        health.noted.map(\.checks) == [
                            [asked.name: HealthCheck(port: 31000, localEndpoints: [.ipv4: 0])]
                        ])
                    tables.refusal = { _ in nil }
                },
                3: { [health] in #expect(health.noted.count == 1) },
            ])
        #expect(!toldAtCommits.isEmpty && toldAtCommits.allSatisfy { $0 == 0 })
        #expect(health.noted.count == 2 && health.noted.last?.checks == [asked.name: nil])
    }

    @Test("Firewalls are looked for at the start, and once a second at most when anybody changes rules")
    func firewallSearches() throws {
        let alteration = { [tables] in
            tables.alter { _ in }
            tables.hasOtherRules = true
        }
        let script = try run(
            [[update(service(1, endpoints: [1]))]] + Array(repeating: [], count: 20),
            between: Dictionary(uniqueKeysWithValues: (1...20).map { ($0, alteration) }))
        #expect(firewalls.count == 21)
        // It begins at one second.
        #expect(script.now >= 20_000_000_000)
    }

    @Test("A shortage is waited out with growing pauses, and nothing is made anew")
    func shortage() throws {
        try run([[update(service(1, endpoints: [1]))]])
        let before = tables.transactions.count
        tables.faults = [ENOMEM, ENOBUFS, EINTR, ENOMEM].map { NetlinkError("commit", Errno(rawValue: $0)) }
        let script = try run([[update(service(1, endpoints: [1]) + service(2, endpoints: [2]))]])
        #expect(script.pauses.prefix(4).elementsEqual([101, 201, 401, 801]))
        #expect(frontends() == [1, 2])
        #expect(board.current.failures == 4 && board.current.pendingSince == nil)
        let made = tables.transactions[before...].flatMap(\.operations).filter {
            if case .deleteTable = $0 { true } else { false }
        }
        #expect(made.isEmpty)
    }

    @Test("A dump that fails at the start is tried again, and what the table holds is kept meanwhile")
    func shortageAtStart() throws {
        try run([[update((1...3).flatMap { service($0, endpoints: [$0]) })]])
        tables.dumpFaults = [EINTR, ENOBUFS].map { NetlinkError("dump", Errno(rawValue: $0)) }
        var partial = update(service(1, endpoints: [1]))
        partial.unreadable = 1
        let script = try run([[partial]])
        #expect(tables.dumpFaults.isEmpty && script.pauses.prefix(2) == [101, 201])
        #expect(frontends() == [1, 2, 3])
        #expect(board.current.isReady && board.current.failures == 2 && board.current.lastError == nil)
    }

    @Test("A dump that is forbidden at the start ends the daemon")
    func forbiddenAtStart() throws {
        tables.dumpFaults = [NetlinkError("dump", .notPermitted)]
        let error = #expect(throws: BackendError.self) { try run([[update([])]]) }
        #expect(error?.isForbidden == true)
    }

    @Test("One frontend that the kernel refuses is named, and all others are served; it is tried again when it changes")
    func refusedFrontend() throws {
        tables.refusal = { operation in
            guard case .addElements(_, "services", let elements) = operation else { return nil }
            let isAtFault = (0..<elements.count).contains { elements.key($0).first == UInt32(0x0a60_0007).bigEndian }
            return isAtFault ? NetlinkError(operation.description, .invalid) : nil
        }
        let lift = { [tables] in tables.refusal = { _ in nil } }
        try run(
            [
                [update((1...20).flatMap { service($0, endpoints: [$0]) })],
                [update(service(21, endpoints: [21]))],
                [update(service(7, endpoints: [7, 8]))],
            ],
            between: [
                1: { [board, log] in
                    #expect(board.current.refused == 1)
                    #expect(log.text.contains("10.96.0.7:80/TCP"))
                },
                2: { [tables] in
                    #expect(tables.tables[Self.table]?.sets["services"]?.elements.count == 20)
                    lift()
                },
            ])
        #expect(frontends() == Set(1...21))
        let slots = try #require(tables.tables[Self.table]?.sets["endpoints"]?.elements)
        #expect(slots.count == 22)
    }

    @Test("After somebody deleted the table a refused transaction leads to a dump, and everything is back")
    func deletedTable() throws {
        tables.isDeaf = true
        try run(
            [[update((1...5).flatMap { service($0, endpoints: [$0]) })], [update(service(3, endpoints: [9]))]],
            between: [1: { [tables] in tables.alter { $0 = [:] } }])
        #expect(frontends() == Set(1...5))
        #expect(board.current.failures == 1)
    }

    @Test("What somebody else does is mended at once, and named; what he does elsewhere is not looked at")
    func notices() throws {
        let objects = update((1...5).flatMap { service($0, endpoints: [$0]) })
        var before = 0
        try run(
            [[objects], [], []],
            between: [
                1: { [tables] in
                    before = tables.transactions.count
                    tables.alter { $0[TableID(family: .ip, name: "other")] = TableSnapshot() }
                },
                2: { [tables] in
                    #expect(tables.transactions.count == before)
                    tables.alter { $0[Self.table]?.flags = .dormant }
                },
            ])
        #expect(tables.tables[Self.table]?.flags == [])
        #expect(log.text.contains("the table has flags dormant"))
        #expect(board.current.repairs == 1 && board.current.failures == 0)
    }

    @Test("Where a declaration differs the table is made anew in one transaction that leaves no frontend out")
    func anew() throws {
        try run([[update((1...5).flatMap { service($0, endpoints: [$0]) })]])
        tables.alter { $0[Self.table]?.sets["services"]?.declaration.size = 5 }
        let before = tables.transactions.count
        try run([[update((1...6).flatMap { service($0, endpoints: [$0]) })]])
        #expect(frontends() == Set(1...6))
        #expect(log.text.contains("map services: size 5, not unlimited"))
        let transaction = try #require(tables.transactions[before...].first)
        let further = tables.transactions[before...].dropFirst().flatMap(\.operations).map(\.description)
        #expect(further.allSatisfy { $0.contains(" endpoint-addresses ") }, "\(further)")
        #expect(transaction.operations.first == .deleteTable(Self.table))
    }

    @Test("While something cannot be read, a table that is made anew keeps what nobody has claimed yet")
    func anewWhileHolding() throws {
        try run([[update((1...5).flatMap { service($0, endpoints: [$0]) })]])
        tables.alter { $0[Self.table]?.sets["services"]?.declaration.size = 5 }
        var partial = update(service(1, endpoints: [1]))
        partial.unreadable = 1
        try run([[partial]])
        #expect(frontends() == Set(1...5))
        let slots = try #require(tables.tables[Self.table]?.sets["endpoints"]?.elements)
        #expect(slots.count == 5)
    }

    @Test("Stale flows are looked for once at the start, and at most once a second however often something goes")
    func staleFlows() throws {
        let name = NamespacedName(namespace: "default", name: "dns")
        func update(_ endpoints: Int) -> SourceUpdate {
            let addresses = (0..<endpoints).map { IPAddress(family: .ipv4, value: 0x0af4_0000 + UInt128($0)) }
            return self.update([
                .set(
                    .service(
                        Service(
                            name: name, clusterIPs: [IPAddress(family: .ipv4, value: 0x0a60_0001)],
                            ports: [ServicePort(proto: .udp, port: 53)]))),
                .set(
                    .endpointSlice(
                        EndpointSlice(
                            name: name, service: name, family: .ipv4, ports: [EndpointPort(proto: .udp, port: 53)],
                            endpoints: addresses.map { Endpoint(address: $0) }))),
            ])
        }
        let script = try run([[update(5)], [update(4), update(3)], [update(2)], [update(2)]])
        let counts = cleaner.noted.map { $0.answering.values.map { $0?.count ?? 0 } }
        #expect(counts == [[5], [3], [2]])
        #expect(script.now >= 3_000_000_000)
    }

    @Test("A later release's table ends the daemon with an error that names it")
    func newerFormat() throws {
        try run([[update(service(1, endpoints: [1]))]])
        var elements = Elements(of: TableBlueprint.formatSet)
        elements.append(key: [1000])
        tables.alter { [elements] in $0[Self.table]?.sets["format"]?.elements = elements }
        let error = #expect(throws: BackendError.self) { try run([[update([])]]) }
        #expect(error?.description.contains("table ip fairway has format 1000") == true)
    }
}
