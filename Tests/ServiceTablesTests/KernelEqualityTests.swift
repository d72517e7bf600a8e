import Frontends
import KubeModel
import NFTables
import NetworkTypes
import ServiceTables
import TestSupport
import Testing

@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct KernelEqualityTests {
    private static let options = ServiceTableOptions(
        localDetection: .clusterCIDRs(
            [CIDR("10.244.0.0/16"), CIDR("10.0.0.0/12"), CIDR("fd00:10:244::/48"), CIDR("fc00::/7")].compactMap(\.self))
    )

    private func dump(_ connection: inout NFTConnection) throws -> [TableID: TableSnapshot] {
        var snapshots: [TableID: TableSnapshot] = [:]
        for table in ServiceTablePair.tableIDs { snapshots[table] = try connection.dump(table) }
        return snapshots
    }

    private func commit(_ ruleset: inout ServiceTablePair, now: UInt64, _ connection: inout NFTConnection) throws {
        for transaction in ruleset.takeTransactions(now: now) { try connection.commit(transaction) }
    }

    private func rendered(_ objects: some Sequence<KubeObject>) -> ServiceTablePair {
        var rules = FrontendModel(nodeName: "here")
        rules.apply(objects.map { .set($0) })
        var ruleset = ServiceTablePair(Self.options)
        ruleset.apply(rules.takeChanges() + rules.takeAddressChanges())
        return ruleset
    }

    @Test("After every random step the kernel's tables equal those rendered from scratch; a restart changes nothing")
    func randomSteps() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the random steps: \(seed)")
        let namespace = try NetNS()
        var connection = try namespace.nftConnection()
        var cluster = RandomCluster(seed: seed)
        var rules = FrontendModel(nodeName: "here")
        var ruleset = ServiceTablePair(Self.options)
        ruleset.release()
        var now: UInt64 = 0
        for step in 0..<Soak.rounds(600) {
            // Five seconds pass every third step, so that unused shapes are removed in between.
            now += 1_700_000_000
            for _ in 0..<(step % 5 == 0 ? 4 : 1) {
                rules.apply(cluster.step())
                ruleset.apply(rules.takeChanges() + rules.takeAddressChanges())
            }
            try commit(&ruleset, now: now, &connection)
            let kernel = try dump(&connection)
            let differences = try rendered(cluster.objects.values).differences(from: kernel)
            try #require(differences.isEmpty, "seed \(seed), step \(step): \(differences)")
            guard step % 10 == 9 else { continue }
            // Every other restart finds objects that changed in the meantime.
            let isUnchanged = step % 20 == 9
            if !isUnchanged { for _ in 0..<3 { _ = cluster.step() } }
            rules = FrontendModel(nodeName: "here")
            rules.apply(cluster.objects.values.map { .set($0) })
            ruleset = try ServiceTablePair(Self.options, kernel: kernel)
            ruleset.apply(rules.takeChanges() + rules.takeAddressChanges())
            ruleset.release()
            guard isUnchanged else {
                try commit(&ruleset, now: now, &connection)
                let differences = try rendered(cluster.objects.values).differences(from: try dump(&connection))
                try #require(differences.isEmpty, "seed \(seed), step \(step), changed restart: \(differences)")
                continue
            }
            let restart = ruleset.takeTransactions(now: now)
            try #require(restart.isEmpty, "seed \(seed), step \(step), restart: \(restart)")
        }
    }

    @Test("The comparison notices one element that is left out of one transaction")
    func droppedElement() throws {
        var connection = try NetNS().nftConnection()
        var cluster = RandomCluster(seed: 1)
        var changes: [ObjectChange] = []
        for _ in 0..<40 { changes += cluster.step() }
        var rules = FrontendModel(nodeName: "here")
        for change in changes { rules.apply(change) }
        var ruleset = ServiceTablePair(Self.options)
        ruleset.apply(rules.takeChanges() + rules.takeAddressChanges())
        ruleset.release()
        let transaction = Transaction(ruleset.takeTransactions(now: 0).flatMap(\.operations))
        var noticed = 0
        var tried = 0
        for (position, operation) in transaction.operations.enumerated() {
            guard case .addElements(let table, let set, let elements) = operation else { continue }
            var shorter = elements
            shorter.words.removeLast(elements.stride)
            if shorter.comments.count > shorter.count { shorter.comments.removeLast() }
            var broken = transaction
            broken.operations[position] = .addElements(table, set: set, shorter)
            try connection.commit(broken)
            tried += 1
            if try !ruleset.differences(from: try dump(&connection)).isEmpty { noticed += 1 }
            try connection.commit(Transaction(ServiceTablePair.tableIDs.map { .deleteTable($0) }))
        }
        #expect(tried >= 8)
        #expect(noticed == tried)
    }

    @Test("What others deleted or added is mended from a dump, whatever it was, and nothing else is touched")
    func rebase() throws {
        let namespace = try NetNS()
        var connection = try namespace.nftConnection()
        var cluster = RandomCluster(seed: 2)
        var rules = FrontendModel(nodeName: "here")
        for _ in 0..<60 { rules.apply(cluster.step()) }
        rules.apply(guarded() + sticky())
        var ruleset = ServiceTablePair(Self.options)
        ruleset.apply(rules.takeChanges() + rules.takeAddressChanges())
        ruleset.release()
        try commit(&ruleset, now: 0, &connection)
        let table = ServiceTablePair.tableIDs[0]
        for name in [
            "services", "checked-services", "local-services", "endpoints", "node-ports", "local-node-ports",
            "node-port-endpoints", "counted", "hairpin", "sources", "cluster-ips", "endpoint-addresses",
            "sticky-endpoints", "sticky-local-endpoints", "sticky-slots", "sticky-counts",
        ] {
            let found = try #require(try connection.dump(table)?.sets[name])
            #expect(!found.elements.isEmpty, "\(name)")
            var victims = Elements(keyWords: found.elements.keyWords, dataWords: 0, form: found.elements.form)
            for index in 0..<found.elements.count where index % 3 == 0 {
                victims.append(key: Array(found.elements.key(index)), through: Array(found.elements.lastKey(index)))
            }
            try connection.commit(Transaction([.deleteElements(table, set: name, victims)]))
        }
        try connection.commit(
            Transaction([.flushChain(table, chain: "prerouting"), .flushChain(table, chain: "refuse")]))
        try connection.commit(Transaction([.deleteTable(ServiceTablePair.tableIDs[1])]))
        var foreign = Elements(keyWords: 2, dataWords: 0)
        foreign.words = [1, 1]
        try connection.commit(Transaction([.addElements(table, set: "hairpin", foreign)]))
        #expect(try !ruleset.differences(from: try dump(&connection)).isEmpty)
        ruleset.now = 1
        let changes = try ruleset.reconcile(with: try dump(&connection), excluding: [], anew: [])
        for transaction in changes.transactions { try connection.commit(transaction) }
        #expect(try ruleset.differences(from: try dump(&connection)) == [])
        let nothing = try ruleset.reconcile(with: try dump(&connection), excluding: [], anew: [])
        #expect(nothing.transactions.isEmpty && nothing.damage.isEmpty)
    }

    @Test("A Service's first source ranges are in force a transaction before anything leads to them")
    func firstRanges() throws {
        var connection = try NetNS().nftConnection()
        var ruleset = try emptyTables(&connection)
        var rules = FrontendModel(nodeName: "here")
        rules.apply(guarded())
        ruleset.apply(rules.takeChanges())
        let transactions = ruleset.takeTransactions(now: 1)
        try #require(transactions.count == 2)
        try connection.commit(transactions[0])
        let table = ServiceTablePair.tableIDs[0]
        let half = try #require(try connection.dump(table))
        let count = try #require(half.sets["sources"]).elements.count
        #expect(count > 0 && half.sets["checked-services"]?.elements.isEmpty == true)
        // The second does not come: what is left over is nobody's, and comes again without getting into its own way.
        let again = try ruleset.reconcile(with: try dump(&connection), excluding: [], anew: [])
        for transaction in again.transactions { try connection.commit(transaction) }
        #expect(try ruleset.differences(from: try dump(&connection)) == [])
        #expect(try connection.dump(table)?.sets["sources"]?.elements.count == count)
    }

    @Test("A table of an older format whose ranges differ as well is mended at the first attempt")
    func olderRanges() throws {
        var connection = try NetNS().nftConnection()
        var ruleset = try emptyTables(&connection)
        var rules = FrontendModel(nodeName: "here")
        rules.apply(guarded() + sticky())
        ruleset.apply(rules.takeChanges())
        try commit(&ruleset, now: 1, &connection)
        let table = ServiceTablePair.tableIDs[0]
        var (current, older) = (Elements(keyWords: 1, dataWords: 0), Elements(keyWords: 1, dataWords: 0))
        current.words = [4]
        older.words = [3]
        let found = try #require(try connection.dump(table)?.sets["local-sources"]).elements
        var range = Elements(keyWords: 1, dataWords: 0, form: found.form)
        range.append(key: Array(found.key(0)), through: Array(found.lastKey(0)))
        try connection.commit(
            Transaction([
                .deleteElements(table, set: "format", current), .addElements(table, set: "format", older),
                .deleteElements(table, set: "local-sources", range),
            ]))
        let changes = try ruleset.reconcile(with: try dump(&connection), excluding: [], anew: [])
        #expect(changes.transactions.count == 2)
        for transaction in changes.transactions { try connection.commit(transaction) }
        #expect(try ruleset.differences(from: try dump(&connection)) == [])
        #expect(try connection.dump(table)?.sets["local-sources"]?.elements.count == found.count)
        // Affinity of that format cannot be mended in place: the table is made anew, in one transaction.
        try connection.commit(
            Transaction([
                .deleteElements(table, set: "format", current), .addElements(table, set: "format", older),
                .addSet(table, SetDeclaration("slots-1", type: [.classID], data: [.classID])),
            ]))
        let anew = try ruleset.reconcile(with: try dump(&connection), excluding: [], anew: [])
        #expect(anew.transactions.count == 1)
        for transaction in anew.transactions { try connection.commit(transaction) }
        #expect(try ruleset.differences(from: try dump(&connection)) == [])
        #expect(try connection.dump(table)?.sets["slots-1"] == nil)
    }

    /// Makes the tables, with nothing in them.
    private func emptyTables(_ connection: inout NFTConnection) throws -> ServiceTablePair {
        var ruleset = ServiceTablePair(Self.options)
        ruleset.release()
        try commit(&ruleset, now: 0, &connection)
        return ruleset
    }

    @Test("While something can't be read, what it may have asked for stays: frontends and backends nobody claims")
    func holding() throws {
        var connection = try NetNS().nftConnection()
        var cluster = RandomCluster(seed: 3)
        for _ in 0..<60 { _ = cluster.step() }
        var before = rendered(cluster.objects.values)
        try commit(&before, now: 0, &connection)
        let kernel = try dump(&connection)

        // A restart that can read only half of the objects changes nothing.
        let readable = cluster.objects.sorted { "\($0.key)" < "\($1.key)" }.enumerated()
            .filter { $0.offset % 2 == 0 }.map(\.element.value)
        var rules = FrontendModel(nodeName: "here")
        rules.apply(readable.filter { if case .service = $0 { false } else { true } }.map { .set($0) })
        var ruleset = try ServiceTablePair(Self.options, kernel: kernel)
        ruleset.apply(rules.takeChanges() + rules.takeAddressChanges())
        #expect(ruleset.takeTransactions(now: 0).isEmpty)

        // With the rest it is claimed, and what nobody claims goes.
        rules.apply(cluster.objects.values.map { .set($0) })
        ruleset.apply(rules.takeChanges() + rules.takeAddressChanges())
        ruleset.release()
        #expect(ruleset.takeTransactions(now: 0).isEmpty)
        rules.apply(cluster.objects.keys.map { .removed($0) })
        ruleset.apply(rules.takeChanges() + rules.takeAddressChanges())
        try commit(&ruleset, now: 0, &connection)
        #expect(try rendered([]).differences(from: try dump(&connection)) == [])
    }

    /// A Service with affinity and an endpoint on this node.
    private func sticky() -> [ObjectChange] {
        let name = NamespacedName(namespace: "c", name: "sticky")
        let addresses = ["10.96.0.98", "10.244.0.8", "10.244.0.7"].compactMap { IPAddress($0) }
        return [
            .set(
                .service(
                    Service(
                        name: name, clusterIPs: [addresses[0]], ports: [ServicePort(port: 80, nodePort: 30098)],
                        externalTrafficPolicy: .local, affinityTimeoutSeconds: 60))),
            .set(
                .endpointSlice(
                    EndpointSlice(
                        name: name, service: name, family: .ipv4, ports: [EndpointPort(port: 8080)],
                        endpoints: [
                            Endpoint(address: addresses[1], nodeName: "here"), Endpoint(address: addresses[2]),
                        ]))),
        ]
    }

    /// A Service whose load balancer looks at sources and keeps outsiders here, with endpoints.
    private func guarded() -> [ObjectChange] {
        let name = NamespacedName(namespace: "c", name: "guarded")
        let addresses = ["10.96.0.99", "198.51.100.99", "10.244.0.9"].compactMap { IPAddress($0) }
        return [
            .set(
                .service(
                    Service(
                        name: name, clusterIPs: [addresses[0]], externalIPs: [addresses[1]],
                        loadBalancerIPs: [addresses[1], addresses[2]],
                        loadBalancerSourceRanges: [CIDR("192.0.2.0/24")].compactMap(\.self),
                        ports: [ServicePort(port: 80, nodePort: 30099)], externalTrafficPolicy: .local))),
            .set(
                .endpointSlice(
                    EndpointSlice(
                        name: name, service: name, family: .ipv4, ports: [EndpointPort(port: 8080)],
                        endpoints: [Endpoint(address: addresses[2], nodeName: "here")]))),
        ]
    }
}
