import AttachPlan
import CNIProtocol
import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

/// Pods in VLANs of one bridge and the way out of these, with real packets, on kernels that can (`make test-kernels`).
@Suite(
    .enabled(if: Root.isAvailable, "\(Root.explanation)"),
    .enabled(if: BridgeVLANs.areAvailable, "\(BridgeVLANs.explanation)"))
struct VLANGatewayTests {
    /// A network of a VLAN: 100 has 10.85.0.0/24 and fd85::/64, 200 has 10.86.0.0/24 and fd86::/64.
    private func configuration(_ node: PluginNode, _ vlan: Int, port: Int? = nil, keys: String = "") -> String {
        let number = vlan == 200 ? 86 : 85
        let mappings = ["tcp", "udp"].map {
            #"{"hostPort":\#(port ?? 0),"containerPort":8080,"protocol":"\#($0)"}"#
        }.joined(separator: ",")
        return node.configuration(
            "vlan\(vlan)", ranges: #"[[{"subnet":"10.\#(number).0.0/24"}],[{"subnet":"fd\#(number)::/64"}]]"#,
            keys: #","vlan":\#(vlan),"ipMasq":true,"runtimeConfig":{"portMappings":[\#(port == nil ? "" : mappings)]}"#
                + keys)
    }

    /// A node with pods `a` and `b` of VLAN 100 and `c` of VLAN 200, each with its server and host port.
    private struct Stage {
        let world: WorldNode
        let pods: [String: NetNS]
        let results: [String: AddOutcome]
        let servers: [EchoServer]
        var node: PluginNode { world.node }

        func ask(_ client: String, _ address: String, _ port: UInt16, udp: Bool, milliseconds: Int = 10000)
            async throws -> String?
        {
            let namespace = client == "world" ? world.world : pods[client] ?? node.namespace
            return try await world.ask(from: namespace, address, port, udp: udp, milliseconds: milliseconds)
        }
    }

    /// How the node tests the sources of packets.
    enum Filter: String, CaseIterable, Sendable {
        case off = "net.ipv4.conf.default.rp_filter=0"
        /// As systemd has it.
        case loose = "net.ipv4.conf.default.rp_filter=2"
        case strict = "net.ipv4.conf.all.rp_filter=1"
    }

    private static let members = [("a", 100, 9001), ("b", 100, 9002), ("c", 200, 9003)]

    private func stage(_ filter: Filter = .loose, keys: String = "") async throws -> Stage {
        let world = try await WorldNode()
        let node = world.node
        try await node.namespace.demand("sysctl", "-qw", filter.rawValue)
        var pods: [String: NetNS] = [:]
        var results: [String: AddOutcome] = [:]
        var servers = [
            try await world.serve("world", in: world.world), try await world.serve("node", in: node.namespace),
        ]
        for (name, vlan, port) in Self.members {
            let pod = try node.makePod()
            results[name] = try await node.add(
                configuration(node, vlan, port: port, keys: keys), container: name, pod: pod)
            servers.append(try await world.serve(name, in: pod))
            pods[name] = pod
        }
        return Stage(world: world, pods: pods, results: results, servers: servers)
    }

    @Test(
        "Pods in VLANs have their way out, host ports and Services, however the node tests sources",
        arguments: Filter.allCases)
    func everywhere(filter: Filter) async throws {
        let stage = try await stage(filter)
        // A Service of the node's own making that leads to pod b.
        let services = ["ip": ("10.96.0.10", "10.85.0.3"), "ip6": ("fd96::10", "[fd85::3]")]
        for (family, (address, pod)) in services {
            try await stage.node.namespace.demand(
                "nft",
                """
                add table \(family) service; add chain \(family) service in { type nat hook prerouting priority -100; }
                add rule \(family) service in \(family) daddr \(address) meta l4proto { tcp, udp } dnat to \(pod):8080
                """)
        }
        let asked: [(String, String, UInt16, String)] = [
            ("a", "192.0.2.2", 8080, "world 192.0.2.1"), ("a", "2001:db8::2", 8080, "world 2001:db8::1"),
            ("c", "192.0.2.2", 8080, "world 192.0.2.1"), ("c", "2001:db8::2", 8080, "world 2001:db8::1"),
            ("a", "10.85.0.1", 8080, "node 10.85.0.2"), ("a", "fd85::1", 8080, "node fd85::2"),
            ("a", "10.85.0.3", 8080, "b 10.85.0.2"), ("a", "fd85::3", 8080, "b fd85::2"),
            ("node", "10.85.0.2", 8080, "a 10.85.0.1"), ("node", "fd86::2", 8080, "c fd86::1"),
            // Host ports, from outside, the node, a neighbour, another VLAN and the pod itself.
            ("world", "192.0.2.1", 9001, "a 192.0.2.2"), ("world", "2001:db8::1", 9003, "c 2001:db8::2"),
            ("node", "192.0.2.1", 9001, "a 192.0.2.1"), ("node", "2001:db8::1", 9003, "c 2001:db8::1"),
            ("a", "192.0.2.1", 9002, "b 10.85.0.2"), ("a", "2001:db8::1", 9002, "b fd85::2"),
            ("a", "192.0.2.1", 9003, "c 10.86.0.1"), ("c", "2001:db8::1", 9001, "a fd85::1"),
            ("a", "192.0.2.1", 9001, "a 10.85.0.1"), ("a", "2001:db8::1", 9001, "a fd85::1"),
            ("a", "10.96.0.10", 80, "b 10.85.0.2"), ("a", "fd96::10", 80, "b fd85::2"),
            ("c", "10.96.0.10", 80, "b 10.85.0.1"), ("c", "fd96::10", 80, "b fd85::1"),
        ]
        for (client, address, port, answer) in asked {
            for udp in [false, true] {
                let got = try await stage.ask(client, address, port, udp: udp)
                #expect(got == answer, "\(client) to \(address):\(port) \(udp ? "udp" : "tcp")")
            }
        }
    }

    @Test("VLANs of one bridge are apart; CHECK, DEL and GC leave no more than the gateways")
    func life() async throws {
        let stage = try await stage()
        let node = stage.node
        #expect(try node.linkNames().filter { !$0.hasPrefix("veth") } == ["cni0", "cni0.100", "cni0.200", "up0"])
        for link in try node.links() where link.name.hasPrefix("cni0") {
            // The first pod's gateway's; with another one than the bridge's nothing would be masqueraded.
            #expect(link.isUp && link.mac == MACAddress("0a:58:0a:55:00:01"), "\(link)")
        }
        // An address of the other VLAN's subnet leads nowhere.
        let c = try #require(stage.pods["c"])
        try await c.demand("ip", "addr", "add", "10.85.0.99/24", "dev", "eth0")
        #expect(try await stage.ask("c", "10.85.0.3", 8080, udp: false, milliseconds: 500) == nil)
        try await c.demand("ip", "addr", "del", "10.85.0.99/24", "dev", "eth0")

        for (name, vlan, port) in Self.members {
            let result = try #require(stage.results[name])
            #expect(result.result.interfaces.map(\.name).last == "cni0.\(vlan)" && result.result.interfaces.count == 4)
            let configuration = configuration(node, vlan, port: port)
            let pod = try #require(stage.pods[name])
            try await node.demand("CHECK", result.previous(configuration), container: name, pod: pod.path)
        }
        try await node.namespace.demand("ip", "addr", "del", "10.86.0.1/24", "dev", "cni0.200")
        let drift = try await node.failure(
            "CHECK", try #require(stage.results["c"]).previous(configuration(node, 200, port: 9003)), container: "c",
            pod: c.path)
        #expect(drift.details == "address 10.86.0.1/24 is missing on gateway cni0.200")

        try await node.demand("DEL", configuration(node, 100), container: "a")
        #expect(try await stage.ask("b", "192.0.2.2", 8080, udp: false) == "world 192.0.2.1")
        for vlan in [100, 200] { try await node.demand("GC", configuration(node, vlan)) }
        #expect(try node.linkNames() == ["cni0", "cni0.100", "cni0.200", "up0"])
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == "")
        #expect(node.leases("vlan100").isEmpty && node.leases("vlan200").isEmpty)
    }

    @Test("Host ports on 127.0.0.1 answer in a VLAN too, and its gateway is closed again after DEL")
    func loopback() async throws {
        let stage = try await stage(.strict, keys: #","loopbackHostPorts":true"#)
        for udp in [false, true] {
            #expect(try await stage.ask("node", "127.0.0.1", 9001, udp: udp) == "a 10.85.0.1")
        }
        let result = try #require(stage.results["c"])
        let full = configuration(stage.node, 200, port: 9003, keys: #","loopbackHostPorts":true"#)
        let pod = try #require(stage.pods["c"])
        try await stage.node.demand("CHECK", result.previous(full), container: "c", pod: pod.path)
        for (name, vlan, _) in Self.members {
            try await stage.node.demand("DEL", configuration(stage.node, vlan), container: name)
        }
        let switches = try await stage.node.namespace.demand(
            "sysctl", "-n", "net/ipv4/conf/cni0/route_localnet", "net/ipv4/conf/cni0.100/route_localnet",
            "net/ipv4/conf/cni0.200/route_localnet")
        #expect(switches == "0\n0\n0\n")
    }

    /// Who has made the veth that was the gateway, by the name of its port.
    enum Maker: String, CaseIterable, Sendable {
        case upstream = "veth01234567"
        case fairway = "veth0123456789a"
        /// In the VLAN that the bridge itself is untagged in.
        case untagged = "vethdefault"

        var vlan: Int { self == .untagged ? 1 : 100 }
    }

    @Test(
        "A veth that is the gateway gives way: its addresses move, and pods that run hear of it",
        arguments: Maker.allCases)
    func oldGateway(maker: Maker) async throws {
        let world = try await WorldNode()
        let (node, vlan) = (world.node, maker.vlan)
        let name = "cni0.\(vlan)"
        let old = try node.makePod()
        let joins = { (port: String) in
            "bridge vlan del vid 1 dev \(port); bridge vlan add vid \(vlan) dev \(port) pvid untagged"
        }
        // 10.87.0.1 is another network's in the same VLAN.
        try await node.namespace.demand(
            "sh", "-ec",
            """
            ip link add cni0 address 0e:00:00:00:00:07 up type bridge vlan_filtering 1
            ip link add \(maker.rawValue) master cni0 up type veth peer name \(name) address 0a:58:0a:55:00:01
            ip link set \(name) up; \(joins(maker.rawValue))
            for address in 10.85.0.1/24 fd85::1/64 10.87.0.1/24; do ip addr add $address dev \(name); done
            ip link add old master cni0 up type veth peer name eth0 netns \(old.path); \(joins("old"))
            sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
            """)
        try await old.batch(
            """
            link set eth0 up
            addr add 10.85.0.50/24 dev eth0
            addr add fd85::50/64 dev eth0 nodad
            route add default via 10.85.0.1
            route add default via fd85::1
            """)
        var servers = [
            try await world.serve("node", in: node.namespace), try await world.serve("world", in: world.world),
        ]
        try await world.settle(name, in: node.namespace)
        for address in ["10.85.0.1", "fd85::1"] {
            #expect(try await world.ask(from: old, address, 8080)?.hasPrefix("node ") == true)
        }
        // In its own VLAN the bridge answers for all of the node's addresses as well.
        if maker != .untagged {
            #expect(try await old.demand("ip", "neigh", "show", "10.85.0.1").contains("0a:58:0a:55:00:01"))
        }

        let pod = try node.makePod()
        let result = try await node.add(configuration(node, vlan, port: 9001), pod: pod)
        servers.append(try await world.serve("new", in: pod))
        // Told, not asked: what was there before is overwritten.
        for address in ["10.85.0.1", "fd85::1"] {
            let entry = try await old.demand("ip", "neigh", "show", address)
            #expect(entry.contains("0e:00:00:00:00:07"), "\(address): \(entry)")
        }
        let gateway = maker == .untagged ? "cni0" : name
        #expect(try node.links().first { $0.name == gateway }?.kind == (maker == .untagged ? "bridge" : "vlan"))
        #expect(try node.addresses(of: gateway, in: node.namespace) == ["10.85.0.1/24", "10.87.0.1/24", "fd85::1/64"])
        #expect(try node.linkNames().filter { $0.hasPrefix("veth") }.count == 1)
        #expect(try await world.ask(from: old, "192.0.2.2", 8080) == "world 192.0.2.1")
        #expect(try await world.ask(from: old, "2001:db8::2", 8080) == "world 2001:db8::1")
        #expect(try await world.ask(from: old, "192.0.2.1", 9001) == "new 10.85.0.50")
        #expect(try await world.ask(from: pod, "192.0.2.2", 8080) == "world 192.0.2.1")
        try await node.demand("CHECK", result.previous(configuration(node, vlan, port: 9001)), pod: pod.path)
        withExtendedLifetime(servers) {}
    }

    @Test("Every ADD gives a gateway back what somebody has taken from it, and ends what a killed one has begun")
    func repair() async throws {
        let world = try await WorldNode()
        let node = world.node
        let server = try await world.serve("world", in: world.world)
        // As far as an ADD came that was killed before it gave the device its name.
        let text = configuration(node, 100)
        try await node.namespace.demand(
            "sh", "-ec",
            """
            ip link add cni0 address 0e:00:00:00:00:07 up type bridge vlan_filtering 1
            ip link add link cni0 name \(try draft(text)) type vlan id 100
            """)
        let pods = try (0..<2).map { _ in try node.makePod() }
        _ = try await node.add(text, container: "c0", pod: pods[0])
        #expect(try await world.ask(from: pods[0], "192.0.2.2", 8080) == "world 192.0.2.1")
        try await node.namespace.demand(
            "sh", "-ec",
            """
            bridge vlan del vid 100 dev cni0 self
            ip link set cni0.100 down; ip link set cni0.100 address 02:00:00:00:00:01
            """)
        _ = try await node.add(text, container: "c1", pod: pods[1])
        for pod in pods {
            #expect(try await world.ask(from: pod, "192.0.2.2", 8080) == "world 192.0.2.1")
            #expect(try await world.ask(from: pod, "2001:db8::2", 8080) == "world 2001:db8::1")
        }
        #expect(try node.linkNames().filter { !$0.hasPrefix("veth") } == ["cni0", "cni0.100", "up0"])
        withExtendedLifetime(server) {}
    }

    private func draft(_ configuration: String) throws -> String {
        let network = try NetworkConfiguration(parsing: Array(configuration.utf8))
        return try PluginConfiguration(network, arguments: [:]).gatewayDraft
    }

    @Test("Many ADDs at once make one gateway, also where an old one has to go", arguments: [false, true])
    func atOnce(hasOld: Bool) async throws {
        let world = try await WorldNode()
        let node = world.node
        if hasOld {
            try await node.namespace.demand(
                "sh", "-ec",
                """
                ip link add cni0 up type bridge vlan_filtering 1
                ip link add port master cni0 up type veth peer name cni0.100; ip link set cni0.100 up
                ip addr add 10.85.0.1/24 dev cni0.100
                """)
        }
        let server = try await world.serve("world", in: world.world)
        let pods = try (0..<8).map { _ in try node.makePod() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, pod) in pods.enumerated() {
                group.addTask {
                    _ = try await node.add(configuration(node, 100), container: "c\(number)", pod: pod)
                }
            }
            try await group.waitForAll()
        }
        let others = try node.links().filter { !$0.alias.hasPrefix("fairway network ") }
        #expect(others.map(\.name).sorted() == ["cni0", "cni0.100", "up0"])
        for pod in pods { #expect(try await world.ask(from: pod, "192.0.2.2", 8080) == "world 192.0.2.1") }
        withExtendedLifetime(server) {}
    }

    @Test("A link in the gateway's place that is not the VLAN's, and another one that is, are named, and stay")
    func strangers() async throws {
        for (link, words) in [
            (
                "ip link add link cni0 name cni0.100 type vlan id 7",
                "invalid gateway \"cni0.100\": a link of that name exists and is not that VLAN of bridge \"cni0\""
            ),
            (
                "ip link add link cni0 name storage type vlan id 100",
                "invalid vlan: VLAN 100 of bridge \"cni0\" has the link \"storage\" already"
            ),
        ] {
            let node = try PluginNode()
            try await node.namespace.demand("sh", "-ec", "ip link add cni0 up type bridge vlan_filtering 1; \(link)")
            let before = try node.linkNames()
            let error = try await node.failure("ADD", configuration(node, 100), pod: try node.makePod().path)
            #expect(error.code == 7 && error.message == words, "\(error)")
            #expect(try node.linkNames() == before && node.leases("vlan100").isEmpty)
        }
    }

    @Test("The first packet from elsewhere to the first pod of a VLAN is answered over IPv6")
    func firstPacket() async throws {
        let stage = try await WorldNode()
        let node = stage.node
        try await stage.awaitUplink()
        try await stage.world.demand("ip", "-6", "route", "add", "fd85::/64", "via", "2001:db8::1")
        let pod = try node.makePod()
        _ = try await node.add(configuration(node, 100), pod: pod)
        try await node.namespace.demand("sysctl", "-qw", "net/ipv6/neigh/cni0.100/mcast_solicit=1")
        #expect(try node.linkLocalAddresses(of: "cni0.100").contains { $0.isUsable })
        let server = try await stage.serve("c1", in: pod)
        #expect(try await stage.ask(from: stage.world, "fd85::2", 8080, udp: true) == "c1 2001:db8::2")
        withExtendedLifetime(server) {}
    }
}

/// Whether the kernel has what VLANs of a bridge need.
enum BridgeVLANs {
    static let explanation = "needs a kernel with bridge VLAN filtering: `make test-kernels` has some"

    /// Says on standard error, once, that tests are being skipped where it has not.
    static let areAvailable: Bool = {
        let canDo = (try? isPossible()) ?? false
        if !canDo, Root.isAvailable {
            try? StandardStream.error.write(
                "\n*** NO BRIDGE VLAN FILTERING: VLANGatewayTests is left to `make test-kernels` ***\n\n")
        }
        return canDo
    }()

    private static func isPossible() throws -> Bool {
        let namespace = try NetNS()
        return try namespace.perform { () throws(SystemError) in
            var socket = try RouteSocket()
            do throws(NetlinkError) {
                try socket.execute(
                    .createLink(LinkSpecification(name: "b", kind: .bridge(BridgeOptions(filtersVLANs: true)))))
                guard let bridge = try socket.link(named: "b") else { return false }
                try socket.execute(.createLink(LinkSpecification(name: "v", kind: .vlan(2), lower: bridge.index)))
                return true
            } catch {
                return false
            }
        }
    }
}
