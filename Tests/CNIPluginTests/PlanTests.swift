import CNIPlugin
import CNIProtocol
import HostIPAM
import NetworkTypes
import RouteNetlink
import Testing

/// The plan for one container, from a configuration's keys; the addresses are the first of each range set.
private func plan(
    ranges: String = #"[[{"subnet":"10.85.0.0/24"}],[{"subnet":"fd85::/64"}]]"#, routes: String = "[]",
    keys: String = ""
) throws -> AddPlan {
    let text = """
        {"cniVersion":"1.1.0","name":"pods","type":"fairway","ipam":{"ranges":\(ranges),"routes":\(routes)}\(keys)}
        """
    let configuration = try PluginConfiguration(
        try NetworkConfiguration(parsing: Array(text.utf8)), arguments: ["IgnoreUnknown": "1", "K8S_POD_NAME": "a"])
    let ipam = try #require(configuration.addressSource.builtIn)
    let leases = ipam.rangeSets.compactMap { set in
        set.nextFree(after: nil, leased: LeasedAddresses(), excluding: [])
    }
    let identity = AttachmentIdentity(
        network: "pods", attachment: Attachment(containerID: "c1", interfaceName: "eth0"))
    return AddPlan(
        configuration, identity: identity,
        allocation: Allocation(leases, routes: ipam.routes, dns: DNSConfiguration()))
}

@Suite struct PlanTests {
    @Test("Fairway's defaults: gateway, default route and hairpin on, isolation off")
    func defaults() throws {
        let configuration = try plan().configuration
        #expect(configuration.bridge == "cni0")
        #expect(configuration.isGateway && configuration.isDefaultGateway && configuration.hairpin)
        #expect(!configuration.isPortIsolated && configuration.mtu == nil && configuration.requiresBridgeNetfilter)
    }

    @Test(
        "isDefaultGateway follows isGateway, and implies it when it is true",
        arguments: [
            ("", true, true), (#","isGateway":false"#, false, false), (#","isDefaultGateway":false"#, true, false),
            (#","isGateway":false,"isDefaultGateway":true"#, true, true),
        ])
    func gateways(keys: String, isGateway: Bool, isDefaultGateway: Bool) throws {
        let configuration = try plan(keys: keys).configuration
        #expect(configuration.isGateway == isGateway)
        #expect(configuration.isDefaultGateway == isDefaultGateway)
    }

    @Test("Each family gets a default route unless the configuration has one for it")
    func defaultRoutes() throws {
        func destinations(_ routes: String, _ keys: String = "") throws -> [String] {
            try plan(routes: routes, keys: keys).routes.map {
                "\($0.destination)" + ($0.gateway.map { " via \($0)" } ?? "")
            }
        }
        #expect(try destinations("[]") == ["0.0.0.0/0 via 10.85.0.1", "::/0 via fd85::1"])
        #expect(try destinations(#"[{"dst":"0.0.0.0/0"}]"#) == ["0.0.0.0/0", "::/0 via fd85::1"])
        #expect(
            try destinations(#"[{"dst":"::/0","gw":"fd85::9"}]"#) == ["::/0 via fd85::9", "0.0.0.0/0 via 10.85.0.1"])
        #expect(
            try destinations(#"[{"dst":"0.0.0.0/0","table":100}]"#)
                == ["0.0.0.0/0", "0.0.0.0/0 via 10.85.0.1", "::/0 via fd85::1"])
        #expect(try destinations("[]", #","isDefaultGateway":false"#).isEmpty)
    }

    @Test("The bridge gets each gateway once, and the node forwards the families that pods have")
    func bridge() throws {
        let dual = try plan()
        #expect(dual.gatewayAddresses.map(\.description) == ["10.85.0.1/24", "fd85::1/64"])
        #expect(dual.forwardingSwitches == ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"])
        #expect(dual.bridge.mac?.description == "0a:58:0a:55:00:01")
        let same = try plan(
            ranges: """
                [[{"subnet":"10.85.0.0/24","rangeEnd":"10.85.0.99"}],[{"subnet":"10.85.0.0/24","rangeStart":"10.85.0.100"}]]
                """)
        #expect(same.gatewayAddresses.map(\.description) == ["10.85.0.1/24"])
        let layer2 = try plan(keys: #","isGateway":false"#)
        #expect(layer2.gatewayAddresses.isEmpty && layer2.forwardingSwitches.isEmpty)
    }

    @Test("The node's batch creates the pair first, then sends what the kernel ignores in the creating message")
    func hostBatch() throws {
        let requests = try plan(keys: #","mtu":1400"#).hostRequests(
            bridge: Link(index: 7), index: 99, peerNamespace: 9)
        guard requests.count == 2, case .createLink(let veth) = requests[0],
            case .veth(let peer) = veth.kind, case .changeLink(let link, let change) = requests[1]
        else {
            Issue.record("unexpected requests \(requests)")
            return
        }
        // By number: had the pair not been made, the name might be another link's.
        #expect(link == .index(99) && veth.index == 99)
        #expect(veth.master == 7 && peer.namespace == 9 && peer.name == "eth0" && veth.mtu == 1400)
        #expect(veth.mac != peer.mac)
        #expect(change.alias == "fairway network pods container c1 interface eth0")
        #expect(change.port == BridgePortOptions(hairpin: true, isIsolated: false))
    }

    @Test(
        "In the pod's batch the interface goes up before its addresses; routes come after, with their gateway filled in"
    )
    func podBatch() throws {
        let plan = try plan(
            routes: #"[{"dst":"192.0.2.0/24","mtu":1300,"priority":5},{"dst":"198.51.100.0/24","scope":253}]"#)
        let words = plan.podRequests(link: 2).map(\.description)
        #expect(
            words == [
                "change link 1: up", "change link 2: up", "add the address 10.85.0.2/24 to link 2",
                "add the address fd85::2/64 to link 2",
            ])
        let routes = plan.routeRequests(link: 2).compactMap { request -> Route? in
            if case .addRoute(let route) = request { route } else { nil }
        }
        #expect(routes.map { $0.gateway?.description } == ["10.85.0.1", nil, "10.85.0.1", "fd85::1"])
        #expect(routes[0].mtu == 1300 && routes[0].priority == 5 && routes[0].table == 254)
        #expect(routes[1].scope == 253)
    }

    @Test("A route of a family without an address is left out, unless it has a gateway or is on the link")
    func routesWithoutFamily() throws {
        let plan = try plan(
            ranges: #"[[{"subnet":"10.85.0.0/24"}]]"#,
            routes: #"[{"dst":"::/0"},{"dst":"fd01::/64","gw":"fd85::1"},{"dst":"fd02::/64","scope":253}]"#)
        #expect(plan.routes.map(\.destination.description) == ["fd01::/64", "fd02::/64", "0.0.0.0/0"])
        #expect(plan.skippedRoutes.map(\.destination.description) == ["::/0"])
    }

    @Test("Table 0 is the main table")
    func tableZero() throws {
        let plan = try plan(routes: #"[{"dst":"0.0.0.0/0","table":0},{"dst":"::/0"}]"#)
        #expect(plan.routes.map(\.table) == [nil, nil])
        for case .addRoute(let route) in plan.routeRequests(link: 2) { #expect(route.table == 254) }
    }

    @Test("A later dns wins: the runtime's over the configuration's")
    func dns() throws {
        #expect(try plan(keys: #","dns":{"domain":"a"}"#).configuration.dns?.domain == "a")
        let both = #","dns":{"domain":"a"},"runtimeConfig":{"dns":{"Servers":["10.0.0.1"],"Searches":["s"]}}"#
        let dns = try #require(try plan(keys: both).configuration.dns)
        #expect(dns.nameservers == ["10.0.0.1"] && dns.search == ["s"] && dns.domain.isEmpty)
    }
}
