import Lab
import NetworkTypes
import Testing

extension EndToEnd {
    @Suite("Manifests", .serialized)
    struct ManifestTests {
        private static let leaving = ["10.96.5.10", "fd00:10:96::510"].compactMap { IPAddress($0) }
        private static let staying = ["10.96.5.11", "fd00:10:96::511"].compactMap { IPAddress($0) }

        private static func service(_ name: String, _ addresses: [IPAddress]) -> [JSONTree] {
            [Manifests.service(name, clusterIPs: addresses.map(\.description), ports: [.init("http", .tcp, 80)])]
        }

        private static func connect(_ cluster: Cluster, _ addresses: [IPAddress]) throws -> [ConnectReport] {
            try addresses.map {
                try cluster.client.connect(
                    to: $0, 80, ConnectOptions(count: 30, parallel: 30, timeoutMilliseconds: 300))
            }
        }

        /// Waits until the kernel has the Service that leaves, or has nothing of it, in both families.
        private static func wait(for present: Bool, in cluster: Cluster) throws {
            try waitUntil("the Service to \(present ? "come" : "go")", within: .seconds(5)) {
                try leaving.allSatisfy { address in
                    let maps = try cluster.lab.nodes[0].kernelMaps(address.family)
                    return maps.hasFrontend(address, .tcp, 80) == present
                        && maps.backends(address, .tcp, 80).isEmpty != present
                }
            }
        }

        @Test("A Service goes with its file, alone, and comes back with it")
        func removal() async throws {
            let (before, gone, others, again) = try await Cluster.with { cluster in
                let lab = cluster.lab
                try lab.writeManifest("leaving.json", Self.service("leaving", Self.leaving))
                try lab.writeManifest("staying.json", Self.service("staying", Self.staying))
                for name in ["leaving", "staying"] {
                    try lab.writeManifest(
                        "\(name)-slices.json",
                        Manifests.slices(of: name, ports: [.init("http", .tcp, 8080)], pods: cluster.backends))
                }
                _ = try lab.nodes[0].startProxy(manifests: lab.manifests)
                let before = try Self.connect(cluster, Self.leaving)
                try lab.removeManifest("leaving.json")
                try Self.wait(for: false, in: cluster)
                let gone = try Self.connect(cluster, Self.leaving)
                let others = try Self.connect(cluster, Self.staying)
                try lab.writeManifest("leaving.json", Self.service("leaving", Self.leaving))
                try Self.wait(for: true, in: cluster)
                return (before, gone, others, try Self.connect(cluster, Self.leaving))
            }
            for report in before + others + again { #expect(report.succeeded == 30 && report.failures == [:]) }
            for report in gone { #expect(report.succeeded == 0) }
        }

        @Test("An SCTP port has its elements in the kernel, in both families")
        func sctp() async throws {
            let (listings, pods) = try await Cluster.with(backends: 2) { cluster in
                let lab = cluster.lab
                try lab.writeManifest(
                    "signal.json",
                    [
                        Manifests.service(
                            "signal", clusterIPs: Self.leaving.map(\.description), ports: [.init("m3ua", .sctp, 2905)])
                    ] + Manifests.slices(of: "signal", ports: [.init("m3ua", .sctp, 12905)], pods: cluster.backends))
                _ = try lab.nodes[0].startProxy(manifests: lab.manifests)
                // Numeric: the names of protocols and ports are the host's affair.
                let listings = try ["ip", "ip6"].map { family in
                    try ["services", "endpoints"].map {
                        try lab.nodes[0].namespace.check(["nft", "-n", "list", "map", family, "fairway", $0])
                    }
                }
                return (listings, cluster.backends.map(\.addresses))
            }
            for (address, listing) in zip(Self.leaving, listings) {
                #expect(listing[0].contains("\(address) . 132 . 2905 "))
                #expect(listing[1].contains("\(address) . 132 . 2905 . "))
                for pod in pods {
                    let backend = try #require(pod.first(address.family))
                    #expect(listing[1].contains(" : \(backend) . 12905"))
                }
            }
        }
    }
}
