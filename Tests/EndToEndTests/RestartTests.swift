import FoundationEssentials
import Lab
import NetworkTypes
import Testing

extension EndToEnd {
    @Suite("Restart", .serialized)
    struct RestartTests {
        private static let addresses = ["10.96.3.10", "fd00:10:96::310"].compactMap { IPAddress($0) }

        private static func writeWeb(to cluster: Cluster) throws {
            try cluster.lab.writeManifest(
                "web.json",
                [Manifests.service("web", clusterIPs: addresses.map(\.description), ports: [.init("http", .tcp, 80)])])
            try cluster.lab.writeManifest(
                "web-slices.json",
                Manifests.slices(of: "web", ports: [.init("http", .tcp, 8080)], pods: cluster.backends))
        }

        /// What clients saw that connected before, during and after a restart, one for each family.
        private struct Restart: Sendable {
            var log = ""
            var reports: [ConnectReport] = []
            /// The packets that each family's client sent between the daemon's end and the next one's readiness.
            var packetsMeanwhile: [UInt64] = []
            /// Whether all clients were still at it when the new daemon was ready.
            var overlapped = false

            func expectUnnoticed() {
                #expect(overlapped)
                for packets in packetsMeanwhile { #expect(packets > 0) }
                for report in reports {
                    #expect(report.succeeded == report.attempts && report.failures == [:])
                    #expect(report.attempts >= 100)
                    #expect(report.responders.count == 3)
                }
            }
        }

        /// Restarts the daemon while a client in each family connects until the restart is over.
        ///
        /// - Parameter meanwhile: what somebody does to the node while no daemon runs.
        private static func restart(
            _ proxy: BackgroundProcess, in cluster: Cluster, meanwhile: () throws -> Void = {}
        ) throws -> Restart {
            let sent = { try packetsSent(by: cluster.client) }
            let wait = { (what: String, base: [UInt64]) in
                try waitUntil("connections \(what) the restart", within: .seconds(10)) {
                    zip(try sent(), base).allSatisfy { $0 > $1 + 500 }
                }
            }
            let idle = try sent()
            let runs = try addresses.map {
                try cluster.client.startConnecting(
                    to: $0, 80, ConnectOptions(count: 1_000_000, rate: 400, parallel: 500))
            }
            try wait("before", idle)
            let before = try sent()
            try proxy.stop()
            try meanwhile()
            let stopped = try sent()
            let next = try cluster.lab.nodes[0].startProxy(manifests: cluster.lab.manifests)
            let ready = try sent()
            let overlapped = runs.allSatisfy(\.process.isRunning) && zip(before, idle).allSatisfy { $0 > $1 }
            try wait("after", ready)
            return Restart(
                log: next.log, reports: try runs.map { try $0.stop() },
                packetsMeanwhile: zip(ready, stopped).map { $0 &- $1 }, overlapped: overlapped)
        }

        /// How many packets a host has sent over IPv4, and over IPv6.
        private static func packetsSent(by host: some LabHost) throws -> [UInt64] {
            let lines = try host.namespace.check(["cat", "/proc/net/snmp", "/proc/net/snmp6"]).split(separator: "\n")
                .map { $0.split(whereSeparator: \.isWhitespace) }
            // A line of names and a line of numbers; for IPv6, a name and its number on each line.
            let ipv4 = lines.filter { $0.first == "Ip:" }
            guard ipv4.count == 2, let column = ipv4[0].firstIndex(of: "OutRequests"), column < ipv4[1].count,
                let first = UInt64(ipv4[1][column]),
                let second = lines.first(where: { $0.first == "Ip6OutRequests" })?.last.flatMap({ UInt64($0) })
            else { throw LabError("no counts of packets in \(lines)") }
            return [first, second]
        }

        @Test("A restart with unchanged input changes nothing in the kernel and drops no connection")
        func unchanged() async throws {
            let (before, after, restart) = try await Cluster.with { cluster in
                try Self.writeWeb(to: cluster)
                let node = cluster.lab.nodes[0]
                let proxy = try node.startProxy(manifests: cluster.lab.manifests)
                let before = try node.generation()
                let restart = try Self.restart(proxy, in: cluster)
                return (before, try node.generation(), restart)
            }
            #expect(after == before)
            restart.expectUnnoticed()
        }

        @Test("A restart with a Service's file and a slice's file broken keeps serving what was there")
        func broken() async throws {
            let (before, after, restart) = try await Cluster.with { cluster in
                try Self.writeWeb(to: cluster)
                let node = cluster.lab.nodes[0]
                let proxy = try node.startProxy(manifests: cluster.lab.manifests)
                let before = try node.generation()
                try cluster.lab.writeManifest("web.json", text: "{ \"kind\": \"Service\", ")
                try cluster.lab.writeManifest("web-slices.json", text: "kind: [EndpointSlice\n")
                let restart = try Self.restart(proxy, in: cluster)
                return (before, try node.generation(), restart)
            }
            #expect(after == before)
            restart.expectUnnoticed()
            let log = restart.log
            #expect(log.contains("web.json") && log.contains("web-slices.json"))
        }

        @Test("A table that has to be made anew is made under the clients' eyes, and none of them notices")
        func anew() async throws {
            let (log, services, restart) = try await Cluster.with { cluster in
                try Self.writeWeb(to: cluster)
                let node = cluster.lab.nodes[0]
                let proxy = try node.startProxy(manifests: cluster.lab.manifests)
                let restart = try Self.restart(proxy, in: cluster) {
                    // Both tables again as they are, in one transaction, but for how much a map takes.
                    for table in ["ip fairway", "ip6 fairway"] {
                        let text = try node.namespace.check(["nft", "list table \(table)"])
                        let limited = text.replacing("map services {", with: "map services {\n\t\tsize 1")
                        let file = "\(cluster.lab.manifests)/.limited"
                        try "delete table \(table)\n\(limited)".write(
                            toFile: file, atomically: true, encoding: .utf8)
                        _ = try node.namespace.check(["nft", "-f", file])
                    }
                }
                return (
                    restart.log, try node.namespace.check(["nft", "list", "map", "ip", "fairway", "services"]), restart
                )
            }
            #expect(log.contains("map services: size 1, not unlimited"))
            #expect(!services.contains("size 1"))
            restart.expectUnnoticed()
        }

        @Test("A second daemon, and cleanup beside a living one, are refused with its pid")
        func second() async throws {
            let (pid, second, cleanup, stillThere) = try await Cluster.with(backends: 1) { cluster in
                try Self.writeWeb(to: cluster)
                let node = cluster.lab.nodes[0]
                let first = try node.startProxy(manifests: cluster.lab.manifests)
                let second = try node.launchProxy(manifests: cluster.lab.manifests)
                let status = try second.wait(within: .seconds(10))
                let cleanup = try node.cleanUpProxy()
                let tables = try node.namespace.check(["nft", "list", "tables"])
                return (first.pid, (status, second.log), cleanup, tables.contains("ip fairway") && first.isRunning)
            }
            #expect(second.0 != 0 && second.1.contains("\(pid)"))
            #expect(!cleanup.succeeded && cleanup.errorOutput.contains("\(pid)"))
            #expect(stillThere)
        }

        @Test("SIGTERM leaves the rules, SIGHUP is harmless, cleanup removes everything")
        func signals() async throws {
            let (hangup, served, tables) = try await Cluster.with { cluster in
                try Self.writeWeb(to: cluster)
                let node = cluster.lab.nodes[0]
                let proxy = try node.startProxy(manifests: cluster.lab.manifests)
                proxy.send(1)
                let hangup = proxy.isRunning
                try proxy.stop(within: .seconds(2))
                guard let address = Self.addresses.first else { throw LabError("no address") }
                let served = try cluster.client.connect(to: address, 80, ConnectOptions(count: 100, parallel: 10))
                let cleanup = try node.cleanUpProxy()
                guard cleanup.succeeded else { throw LabError("cleanup: \(cleanup.errorOutput)") }
                return (hangup, served, try node.namespace.check(["nft", "list", "tables"]))
            }
            #expect(hangup)
            #expect(served.succeeded == 100)
            #expect(tables == "")
        }
    }
}
