import AttachPlan
import Attachments
import CNIPlugin
import CNIProtocol
import HostIPAM
import NetworkTypes
import RouteNetlink
import Testing

/// The tests' library has one too.
typealias Attachment = Attachments.Attachment

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
    return AddPlan(
        configuration, of: Attachment(network: "pods", containerID: "c1", interfaceName: "eth0"),
        allocation: Allocation(leases, routes: ipam.routes, dns: DNSConfiguration()))
}

/// The plan in the kernel's terms.
@Suite struct RequestTests {
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
        let words = (plan.startRequests(link: 2) + plan.addressRequests(link: 2)).map(\.description)
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

    @Test("Table 0 is the main table")
    func tableZero() throws {
        let plan = try plan(routes: #"[{"dst":"0.0.0.0/0","table":0},{"dst":"::/0"}]"#)
        #expect(plan.routes.map(\.table) == [nil, nil])
        for case .addRoute(let route) in plan.routeRequests(link: 2) { #expect(route.table == 254) }
    }
}
