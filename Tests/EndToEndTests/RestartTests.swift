import Lab
import NetworkTypes
import Testing

extension EndToEnd {
    @Suite("Restart", .serialized)
    struct RestartTests {
        private static let address = "10.96.3.10"

        private static func writeWeb(to cluster: Cluster) throws {
            let address = [Self.address, "fd00:10:96::310"]
            try cluster.lab.writeManifest(
                "web.json", [Manifests.service("web", clusterIPs: address, ports: [.init("http", .tcp, 80)])])
            try cluster.lab.writeManifest(
                "web-slices.json",
                Manifests.slices(of: "web", ports: [.init("http", .tcp, 8080)], pods: cluster.backends))
        }

        /// Restarts the daemon while a client connects 1,000 times.
        private static func restart(_ proxy: BackgroundProcess, in cluster: Cluster) throws -> (
            proxy: BackgroundProcess, report: ConnectReport
        ) {
            guard let address = IPAddress(address) else { throw LabError("no address") }
            let run = try cluster.client.startConnecting(
                to: address, 80, ConnectOptions(count: 1000, rate: 800, parallel: 500))
            try proxy.stop()
            let next = try cluster.lab.nodes[0].startProxy(manifests: cluster.lab.manifests)
            return (next, try run.result(within: .seconds(20)))
        }

        @Test("A restart with unchanged input changes nothing in the kernel and drops no connection")
        func unchanged() async throws {
            let (before, after, report) = try await Cluster.with { cluster in
                try Self.writeWeb(to: cluster)
                let node = cluster.lab.nodes[0]
                let proxy = try node.startProxy(manifests: cluster.lab.manifests)
                let before = try node.generation()
                let report = try Self.restart(proxy, in: cluster).report
                return (before, try node.generation(), report)
            }
            #expect(after == before)
            #expect(report.succeeded == 1000 && report.failures == [:])
            #expect(report.responders.count == 3)
        }

        @Test("A restart with a Service's file and a slice's file broken keeps serving what was there")
        func broken() async throws {
            let (before, after, report, log) = try await Cluster.with { cluster in
                try Self.writeWeb(to: cluster)
                let node = cluster.lab.nodes[0]
                let proxy = try node.startProxy(manifests: cluster.lab.manifests)
                let before = try node.generation()
                try cluster.lab.writeManifest("web.json", text: "{ \"kind\": \"Service\", ")
                try cluster.lab.writeManifest("web-slices.json", text: "kind: [EndpointSlice\n")
                let (next, report) = try Self.restart(proxy, in: cluster)
                return (before, try node.generation(), report, next.log)
            }
            #expect(after == before)
            #expect(report.succeeded == 1000 && report.failures == [:])
            #expect(log.contains("web.json") && log.contains("web-slices.json"))
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
                guard let address = IPAddress(Self.address) else { throw LabError("no address") }
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
