import AttachPlan
import Attachments
import CNIProtocol
import HostIPAM
import NetworkTypes
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
        #expect(dual.bridgeMAC.description == "0a:58:0a:55:00:01")
        let same = try plan(
            ranges: """
                [[{"subnet":"10.85.0.0/24","rangeEnd":"10.85.0.99"}],[{"subnet":"10.85.0.0/24","rangeStart":"10.85.0.100"}]]
                """)
        #expect(same.gatewayAddresses.map(\.description) == ["10.85.0.1/24"])
        let layer2 = try plan(keys: #","isGateway":false"#)
        #expect(layer2.gatewayAddresses.isEmpty && layer2.forwardingSwitches.isEmpty)
    }

    @Test("A route of a family without an address is left out, unless it has a gateway or is on the link")
    func routesWithoutFamily() throws {
        let plan = try plan(
            ranges: #"[[{"subnet":"10.85.0.0/24"}]]"#,
            routes: #"[{"dst":"::/0"},{"dst":"fd01::/64","gw":"fd85::1"},{"dst":"fd02::/64","scope":253}]"#)
        #expect(plan.routes.map(\.destination.description) == ["fd01::/64", "fd02::/64", "0.0.0.0/0"])
        #expect(plan.skippedRoutes.map(\.destination.description) == ["::/0"])
    }

    @Test("A later dns wins: the runtime's over the configuration's")
    func dns() throws {
        #expect(try plan(keys: #","dns":{"domain":"a"}"#).configuration.dns?.domain == "a")
        let both = #","dns":{"domain":"a"},"runtimeConfig":{"dns":{"Servers":["10.0.0.1"],"Searches":["s"]}}"#
        let dns = try #require(try plan(keys: both).configuration.dns)
        #expect(dns.nameservers == ["10.0.0.1"] && dns.search == ["s"] && dns.domain.isEmpty)
    }

    @Test("What the pod wants of nf_tables follows from its keys")
    func demand() throws {
        #expect(try plan().demand.isEmpty)
        let keys = """
            ,"ipMasq":true,"ipMasqExclude":["192.0.2.0/24"],"macspoofchk":true,"loopbackHostPorts":true,\
            "runtimeConfig":{"portMappings":[{"hostPort":8080,"containerPort":80}]}
            """
        let plan = try plan(keys: keys)
        let demand = plan.demand
        #expect(demand.owner.description == "pods/c1/eth0")
        #expect(demand.addresses.map(\.description) == ["10.85.0.2/24", "fd85::2/64"])
        #expect(demand.ports == [HostPort(.tcp, 8080, to: 80)] && demand.onLoopback && demand.clientNAT == .hairpin)
        #expect(demand.masquerade?.subnets.map(\.description) == ["10.85.0.0/24", "fd85::/64"])
        #expect(demand.masquerade?.excluded.map(\.description) == ["192.0.2.0/24"])
        #expect(demand.guardedMAC == GuardedMAC(linkName: plan.hostLinkName, address: plan.interfaceMAC))
    }

    @Test("A host port on a loopback address needs loopbackHostPorts")
    func loopback() throws {
        let keys =
            #","runtimeConfig":{"portMappings":[{"hostPort":53,"containerPort":53,"protocol":"udp","hostIP":"127.0.0.1"}]}"#
        let error = #expect(throws: CNIError.self) { try plan(keys: keys) }
        #expect(
            error?.message
                == "invalid runtimeConfig.portMappings: udp port 53 of 127.0.0.1 is on a loopback address")
        #expect(try plan(keys: #","loopbackHostPorts":true"# + keys).demand.onLoopback)
    }
}
