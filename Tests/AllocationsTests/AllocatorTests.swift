import Allocations
import KubeModel
import NetworkTypes
import TestSupport
import Testing

@Suite struct AllocatorTests {
    @Test("A Service gets an address of the range and keeps it, whatever changes and whoever comes")
    func keeps() throws {
        var cluster = Cluster("10.96.0.0/16")
        cluster.take(service("web"))
        let address = try #require(cluster.services["web"]?.clusterIPs.first)
        #expect(network("10.96.0.0/16").contains(address))
        #expect(address.value > network("10.96.0.0/16").first.value + 256, "people choose from the first 256")
        #expect(cluster.notes == [.assigned(name("web"), cluster.records)])
        cluster.take(service("web", #"{"ports":[{"port":81}]}"#), service("other"))
        #expect(cluster.services["web"]?.clusterIPs == [address])
        #expect(cluster.services["web"]?.ports.map(\.port) == [81])
        #expect(cluster.clusterIPs("other") != ["\(address)"])
    }

    @Test("Two nodes with the same objects give out the same, in whatever order they come and across restarts")
    func agreement() throws {
        var first = Cluster("10.96.0.0/16", "fd00:96::/112")
        var second = first
        let changes = (0..<50).map {
            service("s\($0)", #"{"type":"NodePort","ipFamilyPolicy":"PreferDualStack","ports":[{"port":80}]}"#)
        }
        first.take(changes)
        for change in changes.reversed() { second.take(change) }
        #expect(first.services == second.services)
        // In a range this narrow names do collide: at a start all come in one order.
        var (third, fourth) = (Cluster("10.96.0.0/26"), Cluster("10.96.0.0/26"))
        third.take(changes)
        fourth.take(Array(changes.reversed()))
        #expect(third.services == fourth.services)
        var restarted = third.restarted()
        var random = SeededGenerator(seed: 1)
        restarted.take(changes.shuffled(using: &random))
        #expect(restarted.services == third.services)
        #expect(restarted.records.count == third.records.count, "nothing is written")
        #expect(restarted.notes.allSatisfy { if case .assigned = $0 { false } else { true } })
    }

    @Test("What an object names is nobody else's: who was given it gets another one, once")
    func named() throws {
        var cluster = Cluster("10.96.0.0/16")
        cluster.take(service("web"))
        let old = try #require(cluster.records.first)
        let address = try #require(cluster.clusterIPs("web").first)
        cluster.take(naming("db", address))
        #expect(cluster.clusterIPs("db") == [address])
        let new = try #require(cluster.services["web"]?.clusterIPs.first)
        #expect("\(new)" != address)
        #expect(
            cluster.notes == [
                .moved(from: old, to: new.value, by: ObjectID(kind: .service, name: name("db")))
            ])
        cluster.take(naming("db", address), service("web"))
        #expect(cluster.notes == [] && cluster.services["web"]?.clusterIPs == [new])
        var restarted = cluster.restarted()
        restarted.take(service("web"), naming("db", address))
        #expect(restarted.services["web"]?.clusterIPs == [new] && restarted.notes == [])
        restarted.take(naming("web", "10.96.0.9"))
        #expect(restarted.clusterIPs("web") == ["10.96.0.9"])
    }

    @Test("In one delivery what is named comes first, and so it does in what comes before a start is whole")
    func order() throws {
        var probe = Cluster("10.96.0.0/16")
        probe.take(service("a"))
        let address = try #require(probe.clusterIPs("a").first)
        for isWhole in [true, false] {
            var cluster = Cluster("10.96.0.0/16")
            cluster.take([service("a")] + (isWhole ? [naming("z", address)] : []), complete: isWhole)
            if !isWhole {
                #expect(cluster.delivered == [])
                cluster.take(naming("z", address))
            }
            #expect(cluster.clusterIPs("z") == [address] && cluster.clusterIPs("a") != [address])
            #expect(cluster.notes.count == 1, "\(cluster.notes)")
        }
        var balanced = Cluster(balanced: ["192.0.2.7/32"])
        balanced.take(
            .set(.node(Node(name: "n", addresses: [IPAddress("192.0.2.7")!]))),
            service("lb", #"{"type":"LoadBalancer","clusterIP":"10.96.0.1","ports":[{"port":80}]}"#))
        #expect(balanced.loadBalancerIPs("lb") == [], "a node's own address")
    }

    @Test("Neither the network's address nor the broadcast address, and in a network of one or two neither is there")
    func edges() {
        for (range, addresses) in [
            ("10.96.0.0/30", ["10.96.0.1", "10.96.0.2"]), ("10.96.0.8/31", ["10.96.0.8", "10.96.0.9"]),
            ("10.96.0.5/32", ["10.96.0.5"]), ("fd00::/126", ["fd00::1", "fd00::2"]),
        ] {
            var cluster = Cluster(range)
            cluster.take((0..<4).map { service("s\($0)") })
            #expect(cluster.services.values.flatMap(\.clusterIPs).map(\.description).sorted() == addresses)
        }
        var large = Cluster("fd00::/8")
        large.take(service("web"))
        #expect(large.clusterIPs("web").count == 1)
        var second = Cluster("10.96.0.0/30", "10.97.0.0/30")
        second.take((0..<3).map { service("s\($0)") })
        #expect(
            second.services.values.filter { $0.clusterIPs.first.map(network("10.97.0.0/30").contains) == true }.count
                == 1)
    }

    @Test("A range's first part, from which people choose, is given out last")
    func firstPart() {
        var cluster = Cluster("10.96.0.0/27", ports: 30000...30031)
        let spec = #"{"type":"NodePort","ports":[{"port":80}]}"#
        cluster.take((0..<14).map { service("s\($0)", spec) })
        #expect(
            cluster.services.values.allSatisfy { $0.clusterIPs[0].value & 0xff > 16 && $0.ports[0].nodePort >= 30016 })
        cluster.take((14..<30).map { service("s\($0)", spec) })
        #expect(cluster.services.values.allSatisfy { $0.clusterIPs.count == 1 && $0.ports[0].nodePort != 0 })
    }

    @Test("Who comes when nothing is left waits, which is said once, and gets what becomes free")
    func exhausted() {
        var cluster = Cluster("10.96.0.0/30")
        cluster.take(service("a"), service("b"), service("c"), service("d"))
        #expect(
            Set(cluster.notes.suffix(2)) == [
                .exhausted(name("c"), .clusterIP(.ipv4)), .exhausted(name("d"), .clusterIP(.ipv4)),
            ])
        #expect(cluster.clusterIPs("a").count == 1 && cluster.clusterIPs("b").count == 1)
        #expect(cluster.clusterIPs("c") == [] && cluster.services["c"] != nil, "delivered all the same")
        cluster.take(naming("e", "10.97.0.1"))
        #expect(cluster.notes == [] && cluster.delivered.count == 1)
        let freed = cluster.clusterIPs("a")
        cluster.take(gone("a"))
        #expect(cluster.clusterIPs("c") == freed && cluster.clusterIPs("d") == [])
        #expect(cluster.delivered.count == 2)
        cluster.take(naming("x", cluster.clusterIPs("b")[0]))
        #expect(cluster.clusterIPs("b") == [])
        #expect(cluster.notes.contains { if case .moved(_, nil, _?) = $0 { true } else { false } })
    }

    @Test("What a Service leaves is its own again when it comes back, and the last to be given to others")
    func comesBack() {
        var cluster = Cluster("10.96.0.0/29")
        cluster.take(service("a"), service("b"))
        let (a, b) = (cluster.clusterIPs("a"), cluster.clusterIPs("b"))
        cluster.take(gone("a"))
        cluster.take(gone("b"))
        cluster.take((0..<4).map { service("s\($0)") })
        let others = Set(cluster.services.values.flatMap(\.clusterIPs).map(\.description))
        #expect(others.count == 4 && others.isDisjoint(with: a + b))
        var restarted = cluster.restarted()
        restarted.take((0..<4).map { service("s\($0)") } + [service("b")])
        #expect(restarted.clusterIPs("b") == b)
        restarted.take(gone("b"))
        restarted.take(service("new"))
        #expect(restarted.clusterIPs("new") == a, "the one that has been out of use the longest")
        restarted.take(service("a"))
        #expect(restarted.clusterIPs("a") == b)
    }

    @Test("While a file cannot be read at a start, what its Service may have is given to nobody")
    func unreadable() {
        var cluster = Cluster("10.96.0.0/30")
        cluster.take(service("a"), service("b"))
        let a = cluster.clusterIPs("a")
        var restarted = cluster.restarted()
        restarted.take(service("b"), service("c"), unreadable: 1)
        #expect(restarted.clusterIPs("c") == [])
        restarted.take(service("a"))
        #expect(restarted.clusterIPs("a") == a && restarted.clusterIPs("c") == [])
        var later = cluster.restarted()
        later.take(service("b"), service("c"))
        later.take(service("d"))
        #expect(later.clusterIPs("c") == a || later.clusterIPs("d") == a, "known to be gone")
    }

    @Test("Other ranges than before move what lies in none of them, and what does stays")
    func otherRanges() throws {
        var cluster = Cluster("10.96.0.0/16", balanced: ["192.0.2.0/24"])
        let lb = service("lb", #"{"type":"LoadBalancer","ports":[{"port":80}]}"#)
        cluster.take(lb)
        var restarted = cluster.restarted(
            AllocationRanges(clusterIPs: [network("10.98.0.0/16")], loadBalancerIPs: [network("192.0.2.0/24")]))
        restarted.take(lb)
        #expect(restarted.clusterIPs("lb").first?.hasPrefix("10.98.") == true)
        #expect(restarted.loadBalancerIPs("lb") == cluster.loadBalancerIPs("lb"))
        let moved = restarted.notes.filter { if case .moved(_, _?, nil) = $0 { true } else { false } }
        #expect(moved.count == 1, "\(restarted.notes)")
    }

    @Test(
        "However Services come and go, no value is two Services', and none changes that nobody names", arguments: 0..<20
    )
    func storm(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var cluster = Cluster("10.96.0.0/28", "fd00::/124", ports: 30000...30019)
        for _ in 0..<Soak.rounds(300) {
            let before = cluster.services
            let index = Int.random(in: 0..<12, using: &random)
            let value = Int.random(in: 1..<15, using: &random)
            var named: Set<String> = []
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                cluster.take(
                    service(
                        "s\(index)", #"{"type":"NodePort","ipFamilyPolicy":"PreferDualStack","ports":[{"port":80}]}"#))
            case 6..<9: cluster.take(gone("s\(index)"))
            default:
                named = ["10.96.0.\(value)", "\(30000 + value)"]
                cluster.take(
                    service(
                        "n\(index % 3)",
                        #"{"type":"NodePort","clusterIP":"10.96.0.\#(value)","ports":[{"port":80,"nodePort":\#(30000 + value)}]}"#
                    ))
            }
            let all = cluster.services.filter { $0.key.hasPrefix("s") }
            let others = cluster.services.filter { $0.key.hasPrefix("n") }.values.flatMap(\.values)
            let given = all.values.flatMap(\.values)
            #expect(Set(given).count == given.count && Set(given).isDisjoint(with: others))
            for (name, service) in all {
                let lost = Set(before[name]?.values ?? []).subtracting(service.values)
                #expect(lost.isSubset(of: named), "\(name)")
            }
            if Int.random(in: 0..<20, using: &random) == 0 {
                var restarted = cluster.restarted()
                restarted.take(cluster.sent.shuffled(using: &random))
                #expect(restarted.services.filter { $0.key.hasPrefix("s") } == all)
            }
        }
    }
}

extension Service {
    /// Addresses and ports as texts.
    fileprivate var values: [String] {
        clusterIPs.map(\.description) + ports.map(\.nodePort).filter { $0 != 0 }.map(\.description)
    }
}

extension Cluster {
    /// The objects as they were sent.
    fileprivate var sent: [ObjectChange] {
        services.values.map { filled in
            var service = filled
            if service.name.name.hasPrefix("s") {
                service.clusterIPs = []
                for index in service.ports.indices { service.ports[index].nodePort = 0 }
            }
            return .set(.service(service))
        }
    }
}
