import Glibc
import Lab
import NFTables
import NetworkTypes
import TestSupport
import Testing

extension EndToEnd {
    /// A daemon that is killed wherever it happens to be.
    @Suite("Kills", .serialized)
    struct KillTests {
        struct Outcome: Sendable {
            var kills = 0
            /// Kills after which the table held some Services and not all.
            var partial = 0
            var report = ConnectReport()
            /// Commits that a restart needed after the last start had everything.
            var commitsOfRestart: UInt32 = 0
            var frontends = 0
            var log = ""
        }

        @Test("Killed during a first sync: the next start completes it, and the one after has nothing to do")
        func coldStart() async throws {
            let outcome = try await Cluster.with { cluster in
                try Storm(cluster, services: 4000).coldStarts(Soak.rounds(8))
            }
            print("kills during a first sync: \(outcome.kills), of which \(outcome.partial) left a part")
            #expect(outcome.partial > 0)
            #expect(outcome.frontends == 4000 && outcome.commitsOfRestart == 0)
            #expect(!outcome.log.contains("; mended") && !outcome.log.contains("error"), "\(outcome.log)")
        }

        @Test("Killed while everything changes: no connection to a Service that the table held fails")
        func churn() async throws {
            let outcome = try await Cluster.with { cluster in try Storm(cluster, services: 500).churn(Soak.rounds(10)) }
            print("kills during churn: \(outcome.kills); \(outcome.report.attempts) connections meanwhile")
            #expect(outcome.report.attempts > 300 && outcome.report.failures == [:], "\(outcome.report)")
            #expect(outcome.frontends == 500 && outcome.commitsOfRestart == 0)
            #expect(!outcome.log.contains("; mended") && !outcome.log.contains("error"), "\(outcome.log)")
        }

        private struct Storm {
            private let cluster: Cluster
            private let services: Int
            private var node: Node { cluster.lab.nodes[0] }

            init(_ cluster: Cluster, services: Int) {
                self.cluster = cluster
                self.services = services
            }

            func coldStarts(_ rounds: Int) throws -> Outcome {
                try write(endpoints: 3)
                var outcome = Outcome()
                for round in 0..<rounds {
                    try node.namespace.nft("table ip fairway { }; delete table ip fairway")
                    try node.namespace.nft("table ip6 fairway { }; delete table ip6 fairway")
                    let proxy = try node.launchProxy(manifests: cluster.lab.manifests)
                    // Until the table is there, and then a little longer each time.
                    try waitUntil("the table is made", within: .seconds(10)) { try frontends() != nil }
                    usleep(UInt32(round % 10) * 300)
                    try proxy.stop(SIGKILL)
                    outcome.kills += 1
                    let left = try frontends() ?? 0
                    if left > 0, left < services { outcome.partial += 1 }
                }
                try finish(&outcome)
                return outcome
            }

            func churn(_ rounds: Int) throws -> Outcome {
                try write(endpoints: 3)
                var outcome = Outcome()
                try node.startProxy(manifests: cluster.lab.manifests).stop(SIGKILL)
                let target = try #require(IPAddress("10.96.20.1"))
                let run = try cluster.client.startConnecting(
                    to: target, 80, .init(count: 1_000_000, rate: 400, parallel: 20))
                for round in 0..<rounds {
                    let proxy = try node.launchProxy(manifests: cluster.lab.manifests)
                    // Before, while and after it has read everything.
                    for step in 0...round % 5 {
                        try write(endpoints: 2 + (round + step) % 2)
                        usleep(UInt32.random(in: 0...60_000))
                    }
                    try proxy.stop(SIGKILL)
                    outcome.kills += 1
                }
                outcome.report = try run.stop()
                try finish(&outcome)
                return outcome
            }

            /// Starts twice: the second start finds what is left to do after the first.
            private func finish(_ outcome: inout Outcome) throws {
                let first = try node.startProxy(manifests: cluster.lab.manifests)
                outcome.frontends = try frontends() ?? 0
                try first.stop()
                outcome.log = first.log
                let generation = try node.generation()
                try node.startProxy(manifests: cluster.lab.manifests).stop()
                outcome.commitsOfRestart = try node.generation() &- generation
            }

            /// How many frontends the kernel has; nil where there is no table.
            private func frontends() throws -> Int? {
                try node.namespace.inside {
                    var connection = try NFTConnection()
                    return try connection.dump(TableID(family: .ip, name: "fairway")) { $0 == "services" }?
                        .sets["services"]?.elements.count
                }
            }

            private func write(endpoints: Int) throws {
                let pods = cluster.backends.prefix(endpoints).map { ($0.node.name, [$0.addresses[0]]) }
                let objects = (0..<services).flatMap { number -> [JSONTree] in
                    let name = "s\(number)"
                    let address = IPAddress(family: .ipv4, value: 0x0a60_1401 + UInt128(number))
                    return [Manifests.service(name, clusterIPs: ["\(address)"], ports: [.init("x", .tcp, 80)])]
                        + Manifests.slices(of: name, ports: [.init("x", .tcp, 8080)], endpoints: pods).prefix(1)
                }
                try cluster.lab.writeManifest("many.json", objects)
            }
        }
    }
}
