import FoundationEssentials
import Lab
import NFTables
import NetworkTypes
import Testing

extension EndToEnd {
    @Suite("Ruleset", .serialized)
    struct RulesetTests {
        private static let addresses = ["10.96.4.10", "fd00:10:96::410"]
        private static let tables = [
            TableID(family: .ipv4, name: "fairway"), TableID(family: .ipv6, name: "fairway"),
        ]

        private static func write(to cluster: Cluster) throws {
            let service = { (port: UInt16, nodePort: UInt16) -> [Manifests.Port] in
                [
                    .init("tcp", .tcp, port, nodePort: nodePort), .init("udp", .udp, port, nodePort: nodePort),
                ]
            }
            try cluster.lab.writeManifest(
                "web.json",
                [
                    Manifests.service(
                        "web", type: "NodePort", clusterIPs: addresses, ports: service(80, 30080)),
                    Manifests.service("empty", clusterIPs: ["10.96.4.11", "fd00:10:96::411"], ports: service(80, 0)),
                ] + Manifests.slices(of: "web", ports: service(8080, 0), pods: cluster.backends))
        }

        private static func dump(_ namespace: LabNamespace) throws -> [TableSnapshot] {
            try namespace.inside {
                var connection = try NFTConnection()
                var found: [TableSnapshot] = []
                for table in tables {
                    if let snapshot = try connection.dump(table) { found.append(snapshot) }
                }
                return found
            }
        }

        private static func lines(_ set: TableSnapshot.Set) -> Set<String> {
            let elements = set.elements
            let data = (0..<elements.count).map {
                "\(elements.key($0)) : \(elements.data($0)) \(elements.comment($0) ?? "")"
            }
            return Set(data + set.verdicts.map { "\($0.key) : \($0.verdict)" })
        }

        /// TCP and UDP from the client's pod and from the world, in both families.
        private static func talk(_ cluster: Cluster) throws -> [ConnectReport] {
            try addresses.compactMap { IPAddress($0) }.flatMap { address in
                try [TransportProtocol.tcp, .udp].flatMap { proto in
                    let options = ConnectOptions(proto, count: 60, parallel: 10, giveUpAfter: 10)
                    guard let node = cluster.lab.nodes[0].addresses.first(address.family) else {
                        throw LabError("no node address")
                    }
                    return [
                        try cluster.client.connect(to: address, 80, options),
                        try cluster.lab.world.connect(to: node, 30080, options),
                    ]
                }
            }
        }

        @Test("What nft lists loads into an empty namespace, means the same there and carries traffic")
        func reload() async throws {
            let (original, elsewhere, reports, refused) = try await Cluster.with { cluster in
                try Self.write(to: cluster)
                let node = cluster.lab.nodes[0]
                let proxy = try node.startProxy(manifests: cluster.lab.manifests)
                let original = try Self.dump(node.namespace)
                let listing = try node.namespace.check(["nft", "list", "ruleset"])
                // The world has no rules of its own: it is the empty namespace.
                try cluster.lab.world.namespace.nft(listing)
                let elsewhere = try Self.dump(cluster.lab.world.namespace)
                try cluster.lab.world.namespace.nft("flush ruleset")
                try proxy.stop()
                try node.namespace.nft("flush ruleset")
                try node.namespace.nft(listing)
                guard let empty = IPAddress("10.96.4.11") else { throw LabError("no address") }
                let refused = try cluster.client.connect(to: empty, 80, ConnectOptions(count: 5))
                return (original, elsewhere, try Self.talk(cluster), refused)
            }
            #expect(original.count == 2)
            for (mine, reloaded) in zip(original, elsewhere) {
                #expect(mine.chains == reloaded.chains)
                #expect(mine.sets.keys.sorted() == reloaded.sets.keys.sorted())
                for (name, set) in mine.sets {
                    #expect(set.declaration == reloaded.sets[name]?.declaration)
                    // Hash tables dump their elements in an order of their own.
                    #expect(Self.lines(set) == reloaded.sets[name].map(Self.lines), "elements of \(name)")
                }
            }
            for report in reports {
                #expect(report.failures == [:])
                #expect(report.responders.count == 3)
            }
            #expect(refused.failures == [.refused: 5])
        }

        @Test("The daemon works with nft hidden from it and executes nothing, from its start to its end")
        func noProcess() async throws {
            let (trace, report) = try await Cluster.with { cluster in
                try Self.write(to: cluster)
                let node = cluster.lab.nodes[0]
                let trace = "\(cluster.lab.folder)/execve.trace"
                // A mount namespace in which nft is an empty file; strace -D leaves the daemon as our own child.
                let hidden =
                    "for f in /usr/sbin/nft /sbin/nft; do mount --bind /dev/null $f 2>/dev/null; done; exec \"$@\""
                let proxy = try node.startProxy(
                    manifests: cluster.lab.manifests,
                    wrapper: [
                        "unshare", "-m", "/bin/sh", "-c", hidden, "sh", "/usr/bin/env", "PATH=/nonexistent",
                        "/usr/bin/strace", "-D", "-f", "-e", "trace=execve,execveat", "-o", trace,
                    ], within: .seconds(60))
                try cluster.lab.writeManifest(
                    "web-more.json",
                    [
                        Manifests.service(
                            "more", clusterIPs: ["10.96.4.12"], ports: [.init("tcp", .tcp, 80)])
                    ] + Manifests.slices(of: "more", ports: [.init("tcp", .tcp, 8080)], pods: cluster.backends))
                guard let more = IPAddress("10.96.4.12") else { throw LabError("no address") }
                try waitUntil("the new Service", within: .seconds(10)) {
                    try cluster.client.connect(to: more, 80, ConnectOptions(timeoutMilliseconds: 200)).succeeded == 1
                }
                let report = try cluster.client.connect(to: more, 80, ConnectOptions(count: 60, parallel: 10))
                try proxy.stop(within: .seconds(10))
                var text = ""
                try waitUntil("the trace to end", within: .seconds(10)) {
                    text = String(
                        decoding: FileManager.default.contents(atPath: trace) ?? Data(), as: UTF8.self)
                    return text.contains("+++ exited with 0 +++")
                }
                return (text, report)
            }
            let executions = trace.split(separator: "\n").filter { $0.contains("execve") }
            #expect(executions.count == 1 && executions[0].contains("fairway-proxy"), "\(executions)")
            #expect(report.succeeded == 60)
        }
    }
}
