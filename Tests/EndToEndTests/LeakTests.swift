import FoundationEssentials
import Glibc
import Lab
import NFTables
import NetworkTypes
import TestSupport
import Testing

extension EndToEnd {
    /// A packet may meet a commit between two lookups; none may leave the node with the Service's address on it.
    @Suite("Leaks", .serialized)
    struct LeakTests {
        struct Count: Sendable {
            /// Packets that left for a backend.
            var backend = 0
            /// Packets that left with the Service's address as their destination.
            var leaked = 0
            /// Packets that were answered with a port-unreachable, though the Service always had endpoints.
            var refused = 0
            var generations = 0
            var changes = 0
            var sent = 0
            /// Packets and changes a second, as achieved; printed and not asserted.
            var packetRate = 0
            var changeRate = 0
        }

        @Test(
            "No packet of 200,000 new flows a second leaks through 1,000 changes a second", arguments: IPFamily.allCases
        )
        func leak(_ family: IPFamily) async throws {
            let count = try await Cluster.with { try LeakRun(cluster: $0, family: family).run() }
            print("leak test, \(family.rawValue): \(count)")
            #expect(count.backend >= 1_000_000)
            #expect(count.generations >= 3000)
            #expect(count.leaked == 0)
            #expect(count.refused == 0)
        }

        @Test(
            "Without the rules that fall back to slot 0, and then refuse, the same run counts leaks",
            arguments: IPFamily.allCases)
        func withoutFallback(_ family: IPFamily) async throws {
            let count = try await Cluster.with { try LeakRun(cluster: $0, family: family, fallback: false).run() }
            print("leak test without slot 0, \(family.rawValue): \(count)")
            #expect(count.backend >= 1_000_000)
            #expect(count.leaked > 0)
        }
    }
}

/// One storm of new flows through a Service whose endpoints change all the time.
private struct LeakRun {
    let cluster: Cluster
    let family: IPFamily
    var fallback = true

    /// The least that a run lasts, and what a busy machine is given at most to reach the numbers.
    private static let least = Duration.seconds(Soak.rounds(10))
    private static let most = Duration.seconds(Soak.rounds(45))
    private static let wantedGenerations = 3000
    private static let wantedPackets = 1_000_000
    private static let port: UInt16 = 80
    private static let service = "storm"

    private var node: Node { cluster.lab.nodes[0] }
    private var table: String { family == .ipv4 ? "ip" : "ip6" }
    private var serviceAddress: String { family == .ipv4 ? "10.96.2.10" : "fd00:10:96::210" }

    func run() throws -> EndToEnd.LeakTests.Count {
        guard let target = IPAddress(serviceAddress), let source = cluster.client.addresses.first(family) else {
            throw LabError("no address of \(family.rawValue)")
        }
        try cluster.lab.writeManifest(
            "storm.json",
            [
                Manifests.service(Self.service, clusterIPs: [serviceAddress], ports: [.init("x", .udp, Self.port)]),
                // Keep both shapes in use, whatever the storm's Service has at the moment.
                Manifests.service("two", clusterIPs: ["10.96.2.12"], ports: [.init("x", .udp, Self.port)]),
                Manifests.service("three", clusterIPs: ["10.96.2.13"], ports: [.init("x", .udp, Self.port)]),
            ] + slices("two", 2) + slices("three", 3))
        try write(3)
        let proxy = try node.startProxy(manifests: cluster.lab.manifests)
        if !fallback {
            // It would mend the chains at once.
            try proxy.stop()
            try removeFallback()
        }
        let counters = try LeakCounters(node, family, addresses: [target])
        let storm = try cluster.client.namespace.start(
            [
                cluster.lab.programs.lab, "storm", "\(target)", "\(Self.port)", "--from", "\(source)", "--rate",
                "250000", "--seconds", "\(Soak.rounds(60))",
            ], log: "storm")
        var result = EndToEnd.LeakTests.Count()
        let (changes, generations, seconds) = try node.namespace.inside { try change(counters) }
        (result.changes, result.generations) = (changes, generations)
        result.changeRate = Int(Double(changes) / seconds)
        try storm.stop(within: .seconds(5))
        let report = try JSONDecoder().decode(Storm.Report.self, from: Data(storm.log.utf8))
        result.sent = report.packets
        result.packetRate = Int(Double(report.packets) / max(report.seconds, 1))
        result.backend = try counters.packets(.backend)
        result.leaked = try counters.packets(.leaked)
        result.refused = try counters.packets(.refused)
        return result
    }

    /// Writes 1,000 changes a second and returns their number, by how much the generation went up, and the seconds.
    private func change(_ counters: LeakCounters) throws -> (Int, Int, Double) {
        var connection = try NFTConnection()
        let first = try connection.generation()
        let alone = fallback ? nil : try changesByHand(&connection)
        let start = ContinuousClock.now
        var changes = 0
        while ContinuousClock.now < start + Self.most {
            if ContinuousClock.now >= start + Self.least, changes % 500 == 0,
                Int(try connection.generation() &- first) >= Self.wantedGenerations,
                try counters.packets(.backend) >= Self.wantedPackets, try fallback || counters.packets(.leaked) > 0
            {
                break
            }
            let due = start + .milliseconds(changes)
            if ContinuousClock.now < due {
                usleep(200)
                continue
            }
            changes += 1
            if let alone {
                try connection.commit(changes % 2 == 0 ? alone.grow : alone.shrink)
            } else {
                try write(changes % 2 == 0 ? 3 : 2)
            }
        }
        let took = (ContinuousClock.now - start).components
        return (
            changes, Int(try connection.generation() &- first), Double(took.seconds) + Double(took.attoseconds) / 1e18
        )
    }

    /// The daemon's transactions for the third endpoint's end and return.
    private func changesByHand(_ connection: inout NFTConnection) throws -> (shrink: Transaction, grow: Transaction) {
        let table = TableID(family: family, name: "fairway")
        guard let target = IPAddress(serviceAddress), let snapshot = try connection.dump(table),
            let services = snapshot.sets["services"]?.declaration, let endpoints = snapshot.sets["endpoints"]
        else { throw LabError("no table \(table)") }
        let key: [UInt32] = .address(target) + .proto(.udp) + .port(Self.port)
        guard
            let index = (0..<endpoints.elements.count).first(where: { endpoints.elements.key($0) == (key + [2])[...] })
        else { throw LabError("no third endpoint") }
        var slot = Elements(of: endpoints.declaration)
        slot.append(key: key + [2], data: Array(endpoints.elements.data(index)))
        func shape(_ count: UInt32) -> Elements {
            var elements = Elements(of: services)
            elements.append(key: key, data: [1 << 16 | count])
            return elements
        }
        return (
            Transaction([
                .deleteElements(table, set: "endpoints", slot), .deleteElements(table, set: "services", shape(3)),
                .addElements(table, set: "services", shape(2)),
            ]),
            Transaction([
                .deleteElements(table, set: "services", shape(2)), .addElements(table, set: "endpoints", slot),
                .addElements(table, set: "services", shape(3)),
            ])
        )
    }

    private func write(_ endpoints: Int) throws {
        try cluster.lab.writeManifest("storm-slices.json", slices(Self.service, endpoints))
    }

    private func slices(_ service: String, _ endpoints: Int) -> [JSONTree] {
        Manifests.slices(
            of: service, ports: [.init("x", .udp, 8080)], pods: Array(cluster.backends.prefix(endpoints)))
    }

    /// Deletes from every pick chain what follows its first pick: the pick of slot 0, and the refusal.
    private func removeFallback() throws {
        let listing = try node.namespace.check(["nft", "-a", "list", "table", table, "fairway"])
        var chain = ""
        var deletions: [String] = []
        for line in listing.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words.first == "\tchain" { chain = words[1] }
            guard chain.hasPrefix("pick-"), let handle = words.last else { continue }
            if line.contains("numgen random mod 1 ") || line.contains("goto refuse") {
                deletions.append("delete rule \(table) fairway \(chain) handle \(handle)")
            }
        }
        guard !deletions.isEmpty else { throw LabError("no rule to delete in \(listing)") }
        try node.namespace.nft(deletions.joined(separator: "\n"))
    }
}
