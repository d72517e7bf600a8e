import Lab
import NFTables
import NetworkTypes
import TestSupport
import Testing

extension EndToEnd {
    /// What part 4 of the recorded rows says of `sessionAffinity: ClientIP`, with real clients.
    @Suite("Affinity", .serialized)
    struct AffinityTests {
        @Test("A client keeps its backend over all frontends of a port, until that or its time ends")
        func pins() async throws {
            try await Cluster.with(nodes: 2, backends: 3) { cluster in
                for family in IPFamily.allCases { try AffinityRun(cluster, family).pins() }
            }
        }

        @Test("A client that comes now and then keeps its backend; after a pause longer than its time it may not")
        func timeout() async throws {
            try await Cluster.with(nodes: 2, backends: 3) { cluster in
                for family in IPFamily.allCases { try AffinityRun(cluster, family).times() }
            }
        }

        @Test("A restart keeps clients with their backends, and new backends are nobody's by mistake")
        func restart() async throws {
            try await Cluster.with(nodes: 1, backends: 3) { cluster in
                for family in IPFamily.allCases { try AffinityRun(cluster, family).restart() }
            }
        }

        @Test("Whoever comes when no more clients can be remembered is served all the same")
        func full() async throws {
            try await Cluster.with(backends: 3) { cluster in
                for family in IPFamily.allCases { try AffinityRun(cluster, family).full() }
            }
        }

        @Test("A packet that finds its slot gone, or the number of slots, goes to its port's first one")
        func straddled() async throws {
            try await Cluster.with(nodes: 1, backends: 3) { cluster in
                for family in IPFamily.allCases { try AffinityRun(cluster, family).straddled() }
            }
        }

        @Test("Without the rule that forgets, clients of a backend that has gone are never remembered again")
        func withoutForgetting() async throws {
            try await Cluster.with(nodes: 1, backends: 3) { cluster in try AffinityRun(cluster, .ipv4).unforgetting() }
        }
    }
}

/// Thirty clients of one Service with affinity.
private struct AffinityRun {
    private let cluster: Cluster
    private let family: IPFamily
    private let clients: [IPAddress]
    private let clusterIP: IPAddress
    private let balancer: IPAddress
    private let proxy: BackgroundProcess

    private var node: Node { cluster.lab.nodes[0] }

    init(_ cluster: Cluster, _ family: IPFamily) throws {
        self.cluster = cluster
        self.family = family
        let isIPv4 = family == .ipv4
        clusterIP = try #require(IPAddress(isIPv4 ? "10.96.4.10" : "fd00:10:96::410"))
        balancer = try #require(IPAddress(isIPv4 ? "192.0.2.40" : "fd00:192::40"))
        let first = try #require(IPAddress(isIPv4 ? "172.31.0.101" : "fd00:31::101"))
        clients = (0..<30).map { IPAddress(family: family, value: first.value + UInt128($0)) }
        let world = cluster.lab.world
        let own = try #require(world.addresses.first(family))
        let listing = try world.namespace.check(["ip", "-o", "address", "show", "to", "\(own)"])
        let link = try #require(listing.split(separator: " ").dropFirst().first).description
        for client in clients {
            let words = ["ip", "address", "add", "\(client)/\(isIPv4 ? 24 : 64)", "dev", link]
            try world.namespace.check(isIPv4 ? words : words + ["nodad"])
        }
        try Self.write(cluster, clusterIP, balancer, seconds: 60)
        try Self.write(cluster, cluster.backends)
        proxy = try cluster.lab.nodes[0].startProxy(manifests: cluster.lab.manifests)
    }

    private static func write(
        _ cluster: Cluster, _ clusterIP: IPAddress, _ balancer: IPAddress, seconds: Int64
    ) throws {
        try cluster.lab.writeManifest(
            "pinned.json",
            [
                Manifests.service(
                    "pinned", type: "LoadBalancer", clusterIPs: ["\(clusterIP)"],
                    ports: [.init("web", .tcp, 80, nodePort: 30140), .init("dns", .udp, 80, nodePort: 30141)],
                    extra: [
                        "sessionAffinity": "ClientIP",
                        "sessionAffinityConfig": ["clientIP": ["timeoutSeconds": .integer(seconds)]],
                    ], ingress: [balancer])
            ])
    }

    private static func write(_ cluster: Cluster, _ backends: [Pod]) throws {
        try cluster.lab.writeManifest(
            "pinned-slices.json",
            Manifests.slices(of: "pinned", ports: [.init("web", .tcp, 8080), .init("dns", .udp, 8080)], pods: backends))
    }

    /// Changes the endpoints and waits until the kernel has as many.
    private func serve(_ backends: [Pod]) throws {
        let before = try node.generation()
        try Self.write(cluster, backends)
        try waitUntil("the endpoints change", within: .seconds(5)) { try node.generation() != before }
    }

    /// The backend of each client, which must be one.
    private func backends(
        of clients: [IPAddress], at address: IPAddress? = nil, _ port: UInt16 = 80, _ proto: TransportProtocol = .tcp,
        count: Int = 3
    ) throws -> [String] {
        try clients.map { client in
            let report = try cluster.lab.world.connect(
                to: address ?? clusterIP, port, ConnectOptions(proto, count: count, source: client))
            #expect(report.failures == [:], "\(client) to \(port)")
            #expect(report.responders.count == 1, "\(client) to \(port): \(report.responders)")
            return report.responders.keys.first ?? "nobody"
        }
    }

    func pins() throws {
        let chosen = try backends(of: clients)
        #expect(Set(chosen) == ["b1", "b2", "b3"])
        let own = try #require(node.addresses.first(family))
        #expect(try backends(of: clients, at: balancer) == chosen)
        #expect(try backends(of: clients, at: own, 30140) == chosen)
        // Another port of the Service is another choice, over UDP as well.
        let datagrams = try backends(of: clients, at: clusterIP, 80, .udp)
        #expect(datagrams != chosen && Set(datagrams) == ["b1", "b2", "b3"])
        #expect(try backends(of: clients, at: own, 30141, .udp) == datagrams)
        // b1 goes: its clients choose among the others and stay there when it is back; nobody else notices.
        try serve(Array(cluster.backends.dropFirst()))
        let without = try backends(of: clients)
        for (before, after) in zip(chosen, without) { #expect(before == "b1" ? after != "b1" : after == before) }
        try serve(cluster.backends)
        #expect(try backends(of: clients) == without)
        try proxy.stop()
    }

    func times() throws {
        try Self.write(cluster, clusterIP, balancer, seconds: 2)
        try waitUntil("the time changes", within: .seconds(5)) {
            try node.namespace.check(["nft", "list", "maps"]).contains("timeout 2s")
        }
        let few = Array(clients.prefix(12))
        let start = ContinuousClock.now
        let chosen = try backends(of: few, count: 1)
        #expect(Set(chosen).count > 1)
        for round in 1...4 {
            try Self.wait(until: start + .milliseconds(1000 * round))
            #expect(try backends(of: few, count: 1) == chosen, "round \(round)")
        }
        try Self.wait(until: .now + .milliseconds(2500))
        // All twelve choose alike once in 500,000 runs.
        #expect(try backends(of: few, count: 1) != chosen)
        try proxy.stop()
    }

    private static func wait(until moment: ContinuousClock.Instant) throws {
        try waitUntil("the time of clients", within: .seconds(5)) { ContinuousClock.now >= moment }
    }

    func restart() throws {
        let chosen = try backends(of: clients)
        let generation = try node.generation()
        try proxy.stop()
        let second = try node.startProxy(manifests: cluster.lab.manifests)
        #expect(try node.generation() == generation)
        #expect(try backends(of: clients, at: balancer) == chosen)
        // b1 goes, and a start finds a fourth backend in its stead: b1's clients must not all be the new one's.
        try serve(Array(cluster.backends.dropFirst()))
        try second.stop()
        let extra = try cluster.lab.addPod("b4\(family == .ipv4 ? "" : "v6")", on: node)
        try extra.startServer(tcp: Cluster.ports, udp: Cluster.ports).waitForLog("listening")
        try Self.write(cluster, Array(cluster.backends.dropFirst()) + [extra])
        let third = try node.startProxy(manifests: cluster.lab.manifests)
        let after = try backends(of: clients)
        for (before, now) in zip(chosen, after) where before != "b1" { #expect(now == before) }
        #expect(!after.contains("b1"))
        #expect(Set(zip(chosen, after).filter { $0.0 == "b1" }.map(\.1)).count > 1)
        try third.stop()
    }

    func full() throws {
        let table = family == .ipv4 ? "ip" : "ip6"
        let base = try #require(IPAddress(family == .ipv4 ? "100.64.0.0" : "2001:db8:64::"))
        // What the map takes in all, less none: then the next client finds no room.
        let elements = (0..<65_535).map { "\(IPAddress(family: family, value: base.value + UInt128($0))) : 10:0" }
        try node.namespace.nft("add element \(table) fairway clients-1 { \(elements.joined(separator: ", ")) }")
        var seen: Set<String> = []
        var isRemembered = true
        for client in clients.prefix(10) {
            let report = try cluster.lab.world.connect(
                to: clusterIP, 80, ConnectOptions(count: 8, source: client))
            #expect(report.succeeded == 8)
            seen.formUnion(report.responders.keys)
            if report.responders.count > 1 { isRemembered = false }
        }
        #expect(seen == ["b1", "b2", "b3"])
        // The port's map was the one that is full.
        #expect(!isRemembered)
        try proxy.stop()
    }

    func straddled() throws {
        try proxy.stop()
        let table = family == .ipv4 ? "ip" : "ip6"
        // The ports are the first two; their slots after the first go as they would beside a packet on its way.
        let slots = (1...2).flatMap { port in (1...2).map { "\(port):\($0)" } }
        try node.namespace.nft("delete element \(table) fairway sticky-slots { \(slots.joined(separator: ", ")) }")
        let first = try Set(clients.prefix(15).map { try backends(of: [$0]) })
        #expect(first.count == 1)
        try node.namespace.nft("flush map \(table) fairway sticky-counts")
        let second = try Set(clients.suffix(15).map { try backends(of: [$0]) })
        #expect(second == first)
    }

    func unforgetting() throws {
        let chosen = try backends(of: clients)
        try proxy.stop()
        let listing = try node.namespace.check(["nft", "-a", "list", "table", "ip", "fairway"])
        var chain = ""
        var deletions: [String] = []
        for line in listing.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words.first == "\tchain" { chain = words[1] }
            if line.contains("delete @clients-"), let handle = words.last {
                deletions.append("delete rule ip fairway \(chain) handle \(handle)")
            }
        }
        #expect(!deletions.isEmpty)
        // What the daemon's own transaction would do to b1, without it: its id ends.
        let map = try node.namespace.check(["nft", "list", "map", "ip", "fairway", "sticky-endpoints"])
        let address = try #require(cluster.backend(1).addresses.first(.ipv4))
        let ids = map.split(whereSeparator: { "{},\n".contains($0) }).filter { $0.contains(": \(address) ") }
            .compactMap { $0.split(separator: " ").first { $0.contains(":") } }
        for id in ids { deletions.append("delete element ip fairway sticky-endpoints { \(id) }") }
        try node.namespace.nft(deletions.joined(separator: "\n"))
        let gone = zip(clients, chosen).filter { $0.1 == "b1" }.map(\.0)
        #expect(!gone.isEmpty && ids.count == 2)
        var isRemembered = true
        for client in gone {
            let report = try cluster.lab.world.connect(to: clusterIP, 80, ConnectOptions(count: 20, source: client))
            if report.responders.count > 1 { isRemembered = false }
        }
        #expect(!isRemembered)
    }
}
