import Frontends
import KubeModel
import NetworkTypes
import Testing

@Suite struct FrontendTests {
    @Test("A Service has a frontend for each address and port, masqueraded always where it is reached from outside")
    func kinds() {
        var rules = Observed()
        rules.apply(
            service("web", ["10.96.0.1", "fd00::1"], ports: [ServicePort(port: 80, nodePort: 30080)]) {
                $0.type = .loadBalancer
                $0.externalIPs = [address("198.51.100.1"), address("10.96.0.1")]
                $0.loadBalancerIPs = [address("198.51.100.2"), address("2001:db8::2")]
            })
        let masquerade = Dictionary(uniqueKeysWithValues: rules.frontends.map { ("\($0)", $1.masquerade) })
        #expect(
            masquerade == [
                "10.96.0.1:80/TCP": .fromOutsideCluster, "[fd00::1]:80/TCP": .fromOutsideCluster,
                "198.51.100.1:80/TCP": .always, "198.51.100.2:80/TCP": .always, "[2001:db8::2]:80/TCP": .always,
                "node port 30080/TCP IPv4": .always, "node port 30080/TCP IPv6": .always,
            ])
        #expect(rules.frontends.values.allSatisfy { $0.owner == "default/web" })
    }

    @Test("A family without a cluster IP has no frontends at all, as kube-proxy has it")
    func missingFamily() {
        var rules = Observed()
        rules.apply(
            service("web", ["10.96.0.1"], ports: [ServicePort(port: 80, nodePort: 30080)]) {
                $0.externalIPs = [address("2001:db8::1")]
            })
        #expect(rules.frontends.keys.allSatisfy { $0.family == .ipv4 })
        #expect(rules.frontends.count == 2)
    }

    @Test("Headless, ExternalName and other proxies' Services have no frontends")
    func ignored() {
        var rules = Observed()
        rules.apply(
            service("a", []) { $0.isHeadless = true }, service("b") { $0.type = .externalName },
            service("c") { $0.labels = ["service.kubernetes.io/service-proxy-name": "other"] })
        #expect(rules.frontends.isEmpty)
        rules.apply(service("b"))
        #expect(rules.frontends.count == 1)
        rules.apply(service("b") { $0.type = .externalName })
        #expect(rules.frontends.isEmpty)
    }

    @Test("Endpoints join by port name and protocol, so a named target port may differ from slice to slice")
    func namedPorts() {
        var rules = Observed()
        let ports = [
            ServicePort(name: "http", port: 80), ServicePort(name: "dns", proto: .udp, port: 53),
            ServicePort(name: "dns-tcp", proto: .tcp, port: 53),
        ]
        rules.apply(
            service("web", ports: ports),
            slice("web-1", of: "web", ready("10.244.0.1"), ports: [EndpointPort(name: "http", port: 8080)]),
            slice(
                "web-2", of: "web", ready("10.244.0.2"),
                ports: [EndpointPort(name: "http", port: 9090), EndpointPort(name: "dns", proto: .udp, port: 5353)]))
        #expect(rules.backends("10.96.0.1", 80) == [backend("10.244.0.1", 8080), backend("10.244.0.2", 9090)])
        #expect(rules.backends("10.96.0.1", 53, .udp) == [backend("10.244.0.2", 5353)])
        #expect(rules.backends("10.96.0.1", 53) == [])
        #expect(rules.frontends[Frontend(.address(address("10.96.0.1")), .udp, 53)]?.owner == "default/web:dns")
    }

    @Test("Of two Services with one frontend the older serves, then the smaller name; the other takes over")
    func conflicts() {
        var rules = Observed()
        rules.apply(
            service("b", created: "2026-02-01T00:00:00Z"), slice("b-1", of: "b", ready("10.244.0.2")),
            service("a"), slice("a-1", of: "a", ready("10.244.0.1")))
        #expect(rules.backends("10.96.0.1") == [backend("10.244.0.2", 8080)], "one without a timestamp comes last")
        let contests = rules.takeContests()
        #expect(contests.map(\.frontends) == [[Frontend(.address(address("10.96.0.1")), .tcp, 80)]])
        #expect(contests.map(\.services) == [[name("b"), name("a")]])
        rules.apply(service("a", created: "2026-01-01T00:00:00Z"))
        #expect(rules.backends("10.96.0.1") == [backend("10.244.0.1", 8080)])
        rules.apply(service("b", created: "2026-01-01T00:00:00Z"))
        #expect(rules.backends("10.96.0.1") == [backend("10.244.0.1", 8080)], "of the same age the smaller name")
        rules.apply(.removed(ObjectID(kind: .service, name: name("a"))))
        #expect(rules.backends("10.96.0.1") == [backend("10.244.0.2", 8080)])
        rules.apply(.removed(ObjectID(kind: .service, name: name("b"))))
        #expect(rules.frontends.isEmpty)
    }

    @Test("However many Services claim one frontend, at once or one after the other, what is said grows with them only")
    func manyClaims() {
        var together = FrontendModel(nodeName: "here")
        together.apply((0..<3000).map { service("s\($0)") })
        let contests = together.takeContests()
        #expect(contests.count == 1)
        #expect(contests.first?.services.count == 3000 && contests.first?.claimants == 3000)
        #expect(
            contests.map { enumeration($0.services, of: $0.claimants) }
                == ["default/s0, default/s1, default/s2, default/s3, default/s4 and 2995 more"])
        #expect(together.takeContests() == [])

        var oneByOne = FrontendModel(nodeName: "here")
        var last: Contest?
        for number in 0..<1000 {
            oneByOne.apply([service("s\(number)")])
            let contests = oneByOne.takeContests()
            #expect(contests.count == (number == 0 ? 0 : 1))
            last = contests.last
        }
        #expect(last?.services == [name("s0"), name("s999")] && last?.claimants == 1000)
    }

    @Test("Two Services that claim many frontends are named once")
    func manyFrontends() {
        let ports = (1...1000).map { ServicePort(name: "p\($0)", port: UInt16($0)) }
        var rules = FrontendModel(nodeName: "here")
        rules.apply(["a", "b"].map { service($0, ports: ports) })
        let contests = rules.takeContests()
        #expect(contests.map(\.services) == [[name("a"), name("b")]])
        #expect(contests.first?.frontends.count == 1000)
        // A newcomer that serves is named beside the one that did.
        rules.apply([service("0", ports: Array(ports.prefix(1)))])
        #expect(rules.takeContests().map(\.services) == [[name("0"), name("a")]])
    }

    @Test("Slices with ports that their Service does not have are named once, in whatever order they come")
    func unmatchedPorts() {
        func odd(_ port: String) -> ObjectChange {
            slice("web-1", of: "web", ready("10.244.0.1"), ports: [EndpointPort(name: port, port: 8080)])
        }
        let unmatched = [
            UnmatchedPorts(slice: name("web-1"), service: name("web"), ports: ["\"http\" (TCP)"])
        ]
        for changes in [[odd("http"), service("web")], [service("web"), odd("http")]] {
            var model = FrontendModel(nodeName: "here")
            for change in changes { model.apply(change) }
            #expect(model.hasUnmatchedPorts)
            #expect(model.takeUnmatchedPorts() == unmatched && model.takeUnmatchedPorts() == [])
            // Another endpoint is no news.
            model.apply(
                slice("web-1", of: "web", ready("10.244.0.2"), ports: [EndpointPort(name: "http", port: 8080)]))
            #expect(!model.hasUnmatchedPorts)
            model.apply(odd("web"))
            model.apply(odd(""))
            #expect(model.takeUnmatchedPorts() == [], "mended meanwhile")
        }
        var model = FrontendModel(nodeName: "here")
        model.apply(service("web", [], ports: [ServicePort(name: "a", port: 80)]))
        model.apply(odd("http"))
        #expect(!model.hasUnmatchedPorts, "nobody is served there")
        model.apply(
            service("web", ports: [ServicePort(name: "a", port: 80), ServicePort(name: "b", proto: .udp, port: 80)]))
        let two = [EndpointPort(name: "a", port: 1), EndpointPort(name: "b", port: 2)]
        model.apply(slice("web-1", of: "web", ready("10.244.0.1"), ports: two))
        #expect(model.takeUnmatchedPorts().map(\.ports) == [["\"b\" (TCP)"]])
        model.apply(slice("web-1", of: "web", ready("10.244.0.2"), ports: two))
        #expect(!model.hasUnmatchedPorts)
    }

    @Test("A port that changes moves its frontend; a node port that goes takes only its own along")
    func portChanges() {
        var rules = Observed()
        rules.apply(
            slice("web-1", of: "web", ready("10.244.0.1")),
            service("web", ports: [ServicePort(port: 80, nodePort: 30080)]))
        rules.apply(service("web", ports: [ServicePort(port: 81, nodePort: 0)]))
        #expect(rules.frontends.keys.map(\.description) == ["10.96.0.1:81/TCP"])
        #expect(rules.backends("10.96.0.1", 81) == [backend("10.244.0.1", 8080)])
        #expect(!rules.lastChanges.contains { if case .poolAdded = $0 { true } else { false } }, "the pool stays")
    }

    @Test("Source ranges hold for a load balancer's addresses of their family; one that is everything is none")
    func sourceRanges() {
        var rules = Observed()
        func web(_ ranges: String...) -> ObjectChange {
            service("web", ["10.96.0.1", "fd00::1"]) {
                $0.loadBalancerIPs = [address("198.51.100.2"), address("2001:db8::2")]
                $0.externalIPs = [address("198.51.100.9")]
                $0.loadBalancerSourceRanges = ranges.compactMap { CIDR($0) }
            }
        }
        func sources(_ text: String) -> [String]? {
            rules.policy(text)?.sources.map {
                "\(IPAddress(family: .ipv4, value: $0.first))-\(IPAddress(family: .ipv4, value: $0.last))"
            }
        }
        rules.apply(web("192.0.2.0/25", "192.0.2.128/25", "10.0.0.0/8"))
        #expect(sources("198.51.100.2") == ["10.0.0.0-10.255.255.255", "192.0.2.0-192.0.2.255"])
        for open in ["2001:db8::2", "10.96.0.1", "fd00::1", "198.51.100.9"] { #expect(sources(open) == []) }
        rules.apply(web("192.0.2.0/25", "0.0.0.0/0"))
        #expect(sources("198.51.100.2") == [])
        // Where the node may connect, so may the address itself: on the node it is the source.
        rules.apply(web("10.9.0.0/16"), .set(.node(Node(name: "here", addresses: [address("10.9.0.1")]))))
        #expect(sources("198.51.100.2") == ["10.9.0.0-10.9.255.255", "198.51.100.2-198.51.100.2"])
        rules.apply(.set(.node(Node(name: "here", addresses: [address("10.8.0.1")]))))
        #expect(sources("198.51.100.2") == ["10.9.0.0-10.9.255.255"])
    }

    @Test("Cluster IPs are in use while a Service has them, and networks come from all ServiceCIDRs")
    func clusterIPs() {
        var rules = Observed()
        rules.apply(service("a", ["10.96.0.1", "fd00::1"]), service("b", ["10.96.0.1"]))
        #expect(rules.clusterIPs == [address("10.96.0.1"), address("fd00::1")])
        rules.apply(.removed(ObjectID(kind: .service, name: name("a"))))
        #expect(rules.clusterIPs == [address("10.96.0.1")])
        rules.apply(service("b", ["10.96.0.1"]) { $0.type = .externalName })
        #expect(rules.clusterIPs.isEmpty)
        let cidrs = ["10.96.0.0/16", "10.97.0.0/16"].compactMap { CIDR($0) }
        rules.apply(
            .set(.serviceCIDR(ServiceCIDR(name: "b", cidrs: [cidrs[1]]))),
            .set(.serviceCIDR(ServiceCIDR(name: "a", cidrs: [cidrs[0]]))))
        #expect(rules.networks == cidrs)
        rules.apply(.removed(ObjectID(kind: .serviceCIDR, name: NamespacedName(namespace: "", name: "a"))))
        #expect(rules.networks == [cidrs[1]])
    }

    @Test("The own Node's first address of each family counts, and nobody else's")
    func node() {
        var rules = Observed()
        rules.apply(.set(.node(Node(name: "there", addresses: [address("10.8.0.9")]))))
        #expect(rules.node == nil && rules.lastChanges.isEmpty)
        rules.apply(
            .set(.node(Node(name: "here", addresses: ["10.8.0.1", "10.8.0.2", "fd00::9"].map { address($0) }))))
        #expect(rules.node?.primaryAddresses == [address("10.8.0.1"), address("fd00::9")])
        rules.apply(.removed(ObjectID(kind: .node, name: NamespacedName(namespace: "", name: "here"))))
        #expect(rules.node == nil)
    }
}
