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
            let count = try await Cluster.with { try LeakRun(StormedService(cluster: $0, family: family)).run() }
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
            let count = try await Cluster.with {
                try LeakRun(StormedService(cluster: $0, family: family), fallback: false).run()
            }
            print("leak test without slot 0, \(family.rawValue): \(count)")
            #expect(count.backend >= 1_000_000)
            #expect(count.leaked > 0)
        }
    }
}

/// One storm of new flows through a Service whose endpoints change all the time.
private struct LeakRun {
    let service: StormedService
    let fallback: Bool

    /// The least that a run lasts, and what a busy machine is given at most to reach the numbers.
    private static let least = Duration.seconds(Soak.rounds(10))
    private static let most = Duration.seconds(Soak.rounds(45))
    private static let wantedGenerations = 3000
    private static let wantedPackets = 1_000_000

    init(_ service: StormedService, fallback: Bool = true) {
        self.service = service
        self.fallback = fallback
    }

    func run() throws -> EndToEnd.LeakTests.Count {
        let node = service.node
        try service.writeServices()
        let proxy = try node.startProxy(manifests: service.cluster.lab.manifests)
        if !fallback {
            // It would mend the chains at once.
            try proxy.stop()
            // What follows a pick chain's first pick: the pick of slot 0, and the refusal.
            try service.removeRules { chain, rule in
                chain.hasPrefix("pick-") && (rule.contains("numgen random mod 1 ") || rule.contains("goto refuse"))
            }
        }
        let counters = try LeakCounters(node, service.family, addresses: [service.target()])
        let storm = try service.flood(seconds: Soak.rounds(60))
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
        let alone = fallback ? nil : try service.changesByHand(&connection)
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
                try service.write(changes % 2 == 0 ? 3 : 2)
            }
        }
        let took = (ContinuousClock.now - start).components
        return (
            changes, Int(try connection.generation() &- first), Double(took.seconds) + Double(took.attoseconds) / 1e18
        )
    }
}
