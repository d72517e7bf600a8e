import Glibc
import Lab
import NFTables
import NetworkTypes
import TestSupport
import Testing

extension EndToEnd {
    /// Floods of new flows through all kinds of addresses while everything about the Service changes.
    @Suite("Leaks through changes of all kinds", .serialized)
    struct MixedLeakTests {
        struct Count: Sendable {
            var backend = 0
            var leaked = 0
            /// Answered with a port-unreachable; a change of affinity may do that to who is between two lookups.
            var refused = 0
            var changes = 0
            var generations = 0
        }

        @Test(
            "None leaves with the Service's address while endpoints, policies, affinity and ranges change and others come and go",
            arguments: IPFamily.allCases)
        func leak(_ family: IPFamily) async throws {
            let count = try await Cluster.with(nodes: 2, backends: 4) { try MixedLeakRun($0, family).run() }
            print("mixed leak test, \(family.rawValue): \(count)")
            #expect(count.leaked == 0)
            #expect(count.backend >= 100_000 && count.changes >= 300 && count.generations >= count.changes)
        }
    }
}

private struct MixedLeakRun {
    private let cluster: Cluster
    private let family: IPFamily
    private let clusterIP: IPAddress
    private let external: IPAddress
    private let balancer: IPAddress

    private static let nodePort: UInt16 = 30190

    init(_ cluster: Cluster, _ family: IPFamily) throws {
        self.cluster = cluster
        self.family = family
        let isIPv4 = family == .ipv4
        clusterIP = try #require(IPAddress(isIPv4 ? "10.96.9.10" : "fd00:10:96::910"))
        external = try #require(IPAddress(isIPv4 ? "198.51.100.90" : "fd00:198::90"))
        balancer = try #require(IPAddress(isIPv4 ? "192.0.2.90" : "fd00:192::90"))
    }

    private var node: Node { cluster.lab.nodes[0] }

    func run() throws -> EndToEnd.MixedLeakTests.Count {
        try write(0)
        let proxy = try node.startProxy(manifests: cluster.lab.manifests)
        let nodeAddress = try #require(node.addresses.first(family))
        let counters = try LeakCounters(
            node, family, addresses: [clusterIP, external, balancer], nodePort: (nodeAddress, Self.nodePort))
        let world = cluster.lab.world
        let storms = try [
            (cluster.client as any LabHost, clusterIP, UInt16(80)), (cluster.client, external, 80),
            (world, balancer, 80),
            (world, nodeAddress, Self.nodePort),
        ].map { host, target, port in
            try host.namespace.start(
                [
                    cluster.lab.programs.lab, "storm", "\(target)", "\(port)", "--from",
                    "\(host.addresses.first(family) ?? target)", "--rate", "20000", "--seconds", "60",
                ], log: "storm-\(host.name)-\(target)")
        }
        var result = EndToEnd.MixedLeakTests.Count()
        let before = try node.generation()
        let end = ContinuousClock.now + .seconds(min(Soak.rounds(8), 55))
        while ContinuousClock.now < end {
            result.changes += 1
            let generation = try node.generation()
            try write(result.changes)
            try waitUntil("change \(result.changes) is in the kernel", within: .seconds(5)) {
                try node.generation() != generation
            }
        }
        result.generations = Int(try node.generation() &- before)
        for storm in storms { try storm.stop(within: .seconds(5)) }
        result.backend = try counters.packets(.backend)
        result.leaked = try counters.packets(.leaked)
        result.refused = try counters.packets(.refused)
        try proxy.stop()
        return result
    }

    /// The Service in another form with each number, and another one that comes and goes.
    private func write(_ number: Int) throws {
        func turn<Value>(_ values: [Value], every count: Int) -> Value { values[number / count % values.count] }
        let own = try #require(cluster.client.addresses.first(family))
        let outside = try #require(cluster.lab.world.addresses.first(family))
        let everybody = JSONTree.array([.string("\(own)/\(bits)"), .string("\(outside)/\(bits)")])
        var extra: [String: JSONTree] = [
            "externalIPs": [.string("\(external)")],
            "externalTrafficPolicy": turn(["Cluster", "Local"], every: 2),
            "internalTrafficPolicy": turn(["Cluster", "Local"], every: 3),
            "loadBalancerSourceRanges": turn([[], everybody], every: 5),
        ]
        if turn([false, false, false, true], every: 4) {
            extra["sessionAffinity"] = "ClientIP"
            extra["sessionAffinityConfig"] = ["clientIP": ["timeoutSeconds": turn([60, 90], every: 16)]]
        }
        let ports: [Manifests.Port] = [.init("x", .udp, 8080)]
        let count = turn([4, 3, 2, 3], every: 1)
        var objects = [
            Manifests.service(
                "mixed", type: "LoadBalancer", clusterIPs: ["\(clusterIP)"],
                ports: [.init("x", .udp, 80, nodePort: Self.nodePort)], extra: extra, ingress: [balancer])
        ]
        objects += Manifests.slices(of: "mixed", ports: ports, pods: Array(cluster.backends.prefix(count)))
        if number.isMultiple(of: 2) {
            let other = IPAddress(family: family, value: clusterIP.value + 1)
            objects.append(Manifests.service("other", clusterIPs: ["\(other)"], ports: [.init("x", .udp, 80)]))
            objects += Manifests.slices(of: "other", ports: ports, pods: Array(cluster.backends.prefix(count % 3 + 1)))
        }
        try cluster.lab.writeManifest("mixed.json", objects)
    }

    private var bits: Int { family == .ipv4 ? 32 : 128 }
}
