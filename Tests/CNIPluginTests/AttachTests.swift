import CNIProtocol
import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct AttachTests {
    @Test("ADD wires a dual-stack pod, CHECK passes, DEL takes everything away", arguments: SpecVersion.allCases)
    func lifeOfAPod(version: SpecVersion) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = node.configuration(version: version.rawValue, ipam: #","routes":[{"dst":"192.0.2.0/24"}]"#)
        let added = try await node.add(configuration, pod: pod)
        #expect(added.version == version.rawValue)
        // The first two versions know neither interfaces nor which of them has an address.
        let hasInterfaces = version >= .v0_3_0
        if hasInterfaces {
            #expect(added.result.interfaces.map(\.name).first == "cni0")
            #expect(added.result.interfaces.last?.name == "eth0")
            #expect(added.result.interfaces.last?.sandbox == pod.path)
        }
        #expect(added.result.addresses.map(\.address.description) == ["10.85.0.2/24", "fd85::2/64"])
        #expect(added.result.addresses.map { $0.gateway?.description } == ["10.85.0.1", "fd85::1"])
        #expect(added.result.addresses.map(\.interface) == (hasInterfaces ? [2, 2] : [nil, nil]))
        #expect(added.result.routes.map(\.destination.description) == ["192.0.2.0/24", "0.0.0.0/0", "::/0"])
        #expect(node.leases() == ["10.85.0.2", "fd85::2"])

        let inside = try RouteNetlinkReader.addresses(of: "eth0", in: pod).map(\.description)
        #expect(inside.contains("10.85.0.2/24") && inside.contains("fd85::2/64"))
        let onBridge = try RouteNetlinkReader.addresses(of: "cni0", in: node.namespace).map(\.description)
        #expect(onBridge.contains("10.85.0.1/24") && onBridge.contains("fd85::1/64"))
        #expect(try await pod.demand("ip", "route", "get", "192.0.2.7").contains("via 10.85.0.1"))
        #expect(try await pod.demand("ip", "-6", "route").contains("default via fd85::1"))

        if version >= .v0_4_0 {
            try await node.demand("CHECK", added.previous(configuration), pod: pod.path)
        }
        try await node.demand("DEL", configuration, pod: pod.path)
        #expect(node.leases().isEmpty)
        #expect(try node.linkNames() == ["cni0"])
        #expect(try RouteNetlinkReader.links(in: pod).map(\.name) == ["lo"])
    }

    @Test(
        "A pod may have one family only",
        arguments: [
            (#"[[{"subnet":"10.85.0.0/24"}]]"#, ["10.85.0.2/24"], "0a:58:0a:55:00:02"),
            (#"[[{"subnet":"fd85::/64"}]]"#, ["fd85::2/64"], "0e:"),
            (
                #"[[{"subnet":"fd85::/64"}],[{"subnet":"10.85.0.0/24"}]]"#, ["fd85::2/64", "10.85.0.2/24"],
                "0a:58:0a:55:00:02"
            ),
        ])
    func families(ranges: String, addresses: [String], mac: String) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        // A new namespace takes IPv4's value from the machine's own.
        try await node.namespace.demand("sysctl", "-qw", "net.ipv4.ip_forward=0", "net.ipv6.conf.all.forwarding=0")
        let configuration = node.configuration(ranges: ranges)
        let added = try await node.add(configuration, pod: pod)
        #expect(added.result.addresses.map(\.address.description) == addresses)
        #expect(added.result.interfaces.last?.mac?.description.hasPrefix(mac) == true)
        try await node.demand("CHECK", added.previous(configuration), pod: pod.path)
        // What the other family needs is left alone.
        let forwarding = try await node.namespace.demand(
            "sysctl", "-n", "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding")
        #expect(forwarding == (addresses.count == 2 ? "1\n1\n" : ranges.contains("fd85") ? "0\n1\n" : "1\n0\n"))
    }

    @Test("The bridge calls conntrack, its port has hairpin, and MAC addresses follow from the IP")
    func linkProperties() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        _ = try await node.add(node.configuration(), pod: pod)
        let links = try node.links()
        let bridge = try #require(links.first { $0.name == "cni0" })
        #expect(bridge.bridge?.callsIPTables == true && bridge.bridge?.callsIP6Tables == true)
        #expect(bridge.mac?.description == "0a:58:0a:55:00:01")
        #expect(bridge.isUp)
        let port = try #require(links.first { $0.master == bridge.index })
        #expect(port.port == BridgePortOptions(hairpin: true, isIsolated: false))
        #expect(port.alias == "fairway network pods container c1 interface eth0")
        #expect(port.name.hasPrefix("veth") && port.name.utf8.count == 15)
        let interface = try #require(try RouteNetlinkReader.links(in: pod).first { $0.name == "eth0" })
        #expect(interface.mac?.description == "0a:58:0a:55:00:02")
        #expect(try await node.namespace.demand("sysctl", "-n", "net.ipv4.ip_forward") == "1\n")
        #expect(try await node.namespace.demand("sysctl", "-n", "net.ipv6.conf.all.forwarding") == "1\n")
        // NODAD: usable at once.
        #expect(try await !pod.demand("ip", "-6", "addr", "show", "scope", "global").contains("tentative"))
    }

    @Test("An existing bridge gets its netfilter switches and keeps its own address")
    func existingBridge() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        try await node.namespace.demand("ip", "link", "add", "cni0", "address", "02:00:00:00:00:77", "type", "bridge")
        try await node.namespace.demand("ip", "addr", "add", "172.31.0.1/16", "dev", "cni0")
        try await node.namespace.demand("ip", "link", "set", "cni0", "up")
        let before = try #require(try node.links().first)
        #expect(before.bridge?.callsIPTables == false && before.bridge?.callsIP6Tables == false)
        let added = try await node.add(node.configuration(), pod: pod)
        let after = try #require(try node.links().first { $0.name == "cni0" })
        #expect(after.index == before.index)
        #expect(after.bridge?.callsIPTables == true && after.bridge?.callsIP6Tables == true)
        #expect(added.result.interfaces.first?.mac?.description == "02:00:00:00:00:77")
        let addresses = try RouteNetlinkReader.addresses(of: "cni0", in: node.namespace).map(\.description)
        #expect(addresses.contains("172.31.0.1/16") && addresses.contains("10.85.0.1/24"))
    }

    @Test("No pod gets an address that its bridge has: ADD names it and the cure, and leaves nothing")
    func bridgeHoldsTheAddress() async throws {
        let node = try PluginNode()
        try await node.namespace.demand("ip", "link", "add", "cni0", "type", "bridge")
        try await node.namespace.demand("ip", "addr", "add", "10.85.0.2/16", "dev", "cni0")
        let error = try await node.failure(
            "ADD", node.configuration(keys: #","isGateway":false"#), pod: try node.makePod().path)
        #expect(error.code == 7)
        #expect(error.message.contains("10.85.0.2") && error.message.contains("cni0"))
        #expect(error.details.contains("ipam.exclude"))
        #expect(node.leases().isEmpty)
        #expect(try node.linkNames() == ["cni0"])
        let cured = node.configuration(ipam: #","exclude":["10.85.0.2"]"#, keys: #","isGateway":false"#)
        let added = try await node.add(cured, container: "c2", pod: try node.makePod())
        #expect(added.result.addresses.first?.address.description == "10.85.0.3/24")
    }

    @Test("A dual-stack pod gets its network where the node has IPv6 off by default")
    func ipv6OffByDefault() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        for namespace in [node.namespace, pod] {
            try await namespace.demand("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1")
        }
        let added = try await node.add(node.configuration(), pod: pod)
        let onBridge = try RouteNetlinkReader.addresses(of: "cni0", in: node.namespace).map(\.description)
        #expect(onBridge.contains("fd85::1/64"))
        try await node.demand("CHECK", added.previous(node.configuration()), pod: pod.path)
    }

    @Test("Keys turn the defaults off: no gateway, no default route, no hairpin; MTU, isolation, DNS")
    func keys() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let keys = """
            ,"ISGATEWAY":false,"HairpinMode":false,"portIsolation":true,"mtu":1400,"unknown":{"a":[1]},\
            "dns":{"nameservers":["10.96.0.10"],"search":["svc.cluster.local"]}
            """
        let added = try await node.add(node.configuration(keys: keys), pod: pod)
        #expect(added.result.routes.isEmpty)
        #expect(added.result.dns.nameservers == ["10.96.0.10"])
        #expect(added.result.interfaces.last?.mtu == 1400)
        let port = try #require(try node.links().first { $0.name != "cni0" })
        #expect(port.port == BridgePortOptions(hairpin: false, isIsolated: true))
        #expect(port.mtu == 1400)
        let onBridge = try RouteNetlinkReader.addresses(of: "cni0", in: node.namespace)
        #expect(!onBridge.contains { $0.family == .ipv4 })
    }

    @Test("Two pods on one bridge reach each other, the gateway and themselves, in both families")
    func podToPod() async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod()]
        for (index, pod) in pods.enumerated() {
            _ = try await node.add(node.configuration(), container: "c\(index)", pod: pod)
        }
        for (address, bind) in [("10.85.0.3", "0.0.0.0"), ("fd85::3", "::")] {
            let server = try RunningProcess(
                Programs.path(of: "python3"), ["-c", Self.echoServer, bind], in: pods[1])
            for client in [pods[0], pods[1], node.namespace] {
                let outcome = try await client.run("python3", "-c", Self.echoClient, address)
                #expect(outcome.exitCode == 0, "\(address): \(outcome.errorOutput)")
            }
            server.signal(9)
            _ = try await server.outcome()
        }
    }

    private static let echoServer = """
        import socket,sys
        s=socket.create_server((sys.argv[1],7777),family=socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET)
        while True: s.accept()[0].sendall(b'hello')
        """
    private static let echoClient = """
        import socket,sys,time
        for i in range(200):
            try: c=socket.create_connection((sys.argv[1],7777),5); break
            except ConnectionRefusedError: time.sleep(0.02)
        assert c.recv(5)==b'hello'
        """

    @Test("The answer is written with one write, to standard output only")
    func oneWrite() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let trace = try RunningProcess(
            Programs.path(of: "strace"), ["-f", "-e", "trace=write,execve,clone,clone3,fork,vfork", node.plugin],
            environment: [
                "CNI_COMMAND": "ADD", "CNI_CONTAINERID": "c1", "CNI_NETNS": pod.path, "CNI_IFNAME": "eth0",
            ], input: node.configuration(), in: node.namespace)
        let outcome = try await trace.outcome()
        #expect(outcome.exitCode == 0)
        let lines = outcome.errorOutput.split(separator: "\n")
        #expect(lines.filter { $0.contains("write(1,") }.count == 1)
        #expect(!lines.contains { $0.contains("write(2,") })
        #expect(lines.filter { $0.contains("execve(") }.count == 1)
        #expect(!lines.contains { $0.contains("clone") || $0.contains("fork(") })
    }
}
