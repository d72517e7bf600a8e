import CNIProtocol
import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

/// The `bridge` plugin's keys, with the real binary.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct BridgeKeysTests {
    private static let single = #"[[{"subnet":"10.85.0.0/24"}]]"#

    @Test("forceAddress replaces a gateway that has changed; without it ADD says so, and leaves nothing")
    func forceAddress() async throws {
        let node = try PluginNode()
        try await node.namespace.demand("ip", "link", "add", "cni0", "type", "bridge")
        try await node.namespace.demand("ip", "addr", "add", "10.85.0.254/16", "dev", "cni0")
        let pod = try node.makePod()
        let error = try await node.failure("ADD", node.configuration(ranges: Self.single), pod: pod.path)
        #expect(error.code == 7)
        #expect(error.message == "\"cni0\" already has an IP address different from 10.85.0.1/24")
        #expect(node.leases().isEmpty)
        #expect(try node.linkNames() == ["cni0"])
        #expect(try node.addresses(of: "cni0", in: node.namespace) == ["10.85.0.254/16"])
        let forced = node.configuration(ranges: Self.single, keys: #","forceAddress":true"#)
        let added = try await node.add(forced, pod: pod)
        #expect(try node.addresses(of: "cni0", in: node.namespace) == ["10.85.0.1/24"])
        try await node.demand("CHECK", added.previous(forced), pod: pod.path)
    }

    @Test("Under the name bridge another IPv4 network on the bridge is refused, another IPv6 one is not")
    func oneNetwork() async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod()]
        func configuration(_ name: String, _ ranges: String, force: Bool = false) -> String {
            node.configuration(
                name, ranges: ranges, ipam: #","type":"host-local""#,
                keys: #","isGateway":true,"forceAddress":\#(force)"#)
        }
        let first = configuration("red", #"[[{"subnet":"10.85.0.0/24"}],[{"subnet":"fd85::/64"}]]"#)
        #expect(try await node.run(as: "bridge", "ADD", first, pod: pods[0].path).exitCode == 0)
        let second = #"[[{"subnet":"10.86.0.0/24"}],[{"subnet":"fd86::/64"}]]"#
        let refused = try ErrorOutcome(
            try await node.run(
                as: "bridge", "ADD", configuration("blue", second), container: "c2", pod: pods[1].path))
        #expect(refused.message == "\"cni0\" already has an IP address different from 10.86.0.1/24")
        let forced = configuration("blue", second, force: true)
        #expect(
            try await node.run(as: "bridge", "ADD", forced, container: "c2", pod: pods[1].path).exitCode == 0)
        #expect(
            try node.addresses(of: "cni0", in: node.namespace) == ["10.86.0.1/24", "fd85::1/64", "fd86::1/64"])
    }

    @Test("Under the name bridge its defaults hold: no gateway, no hairpin, the bridge's own switches untouched")
    func personality() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        // So that switches which are on show who has turned them on.
        let configuration = node.configuration(ranges: Self.single, ipam: #","type":"host-local""#)
        let outcome = try await node.run(as: "bridge", "ADD", configuration, pod: pod.path)
        #expect(outcome.exitCode == 0, "\(outcome.output)")
        let added = try AddOutcome(outcome.output)
        #expect(added.result.routes.isEmpty)
        let links = try node.links()
        let bridge = try #require(links.first { $0.kind == "bridge" })
        #expect(bridge.bridge?.callsIPTables == false && bridge.bridge?.callsIP6Tables == false)
        #expect(!bridge.isPromiscuous && bridge.isUp)
        #expect(links.first { $0.master == bridge.index }?.port == BridgePortOptions(hairpin: false, isIsolated: false))
        #expect(try node.addresses(of: "cni0", in: node.namespace).isEmpty)
        #expect(try node.addresses(of: "eth0", in: pod) == ["10.85.0.2/24"])
        let check = try await node.run(as: "bridge", "CHECK", added.previous(configuration), pod: pod.path)
        #expect(check.exitCode == 0, "\(check.output)")
    }

    @Test("promiscMode takes hairpin's place, on a new bridge and on one that exists")
    func promiscuous() async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod()]
        _ = try await node.add(node.configuration(), pod: pods[0])
        #expect(try node.links().first { $0.name == "cni0" }?.isPromiscuous == false)
        for (index, bridge) in ["cni0", "cni1"].enumerated() {
            let configuration = node.configuration(
                "promiscuous\(index)", bridge: bridge, ranges: #"[[{"subnet":"10.9\#(index).0.0/24"}]]"#,
                keys: #","promiscMode":true"#)
            let added = try await node.add(
                configuration, container: "c2", pod: pods[1], interface: "net\(index)", variables: [:])
            let links = try node.links()
            let found = try #require(links.first { $0.name == bridge })
            #expect(found.isPromiscuous)
            let name = added.result.interfaces[1].name
            #expect(links.first { $0.name == name }?.port?.hairpin == false)
        }
        let both = node.configuration(keys: #","promiscMode":true,"hairpinMode":true"#)
        let error = try await node.failure("ADD", both, container: "c3", pod: pods[0].path)
        #expect(error.code == 7 && error.message.contains("promiscMode"))
    }

    @Test("Without ipam the pod is on the bridge and has no address; the interface is up")
    func layer2() async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod()]
        let configuration = #"{"cniVersion":"1.1.0","name":"pods","type":"fairway","bridge":"cni0"}"#
        var seen: Set<MACAddress> = []
        for (index, pod) in pods.enumerated() {
            let added = try await node.add(configuration, container: "c\(index)", pod: pod)
            #expect(added.result.addresses.isEmpty && added.result.routes.isEmpty)
            #expect(added.result.interfaces.count == 3)
            let interface = try node.interface(in: pod)
            #expect(interface.isUp && interface.mac == added.result.interfaces[2].mac)
            seen.formUnion(added.result.interfaces.compactMap(\.mac))
            #expect(try node.addresses(of: "eth0", in: pod).isEmpty)
            try await node.demand("CHECK", added.previous(configuration), container: "c\(index)", pod: pod.path)
        }
        // Two pairs and a bridge: each its own address.
        #expect(seen.count == 5)
        #expect(try node.addresses(of: "cni0", in: node.namespace).isEmpty)
        try await node.demand("DEL", configuration, container: "c0", pod: pods[0].path)
        #expect(try node.links().count { $0.kind == "veth" } == 1)
    }

    @Test("disableContainerInterface leaves the pod's end down, and contradicts ipam")
    func disabledInterface() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let keys = #","disableContainerInterface":true"#
        let configuration = #"{"cniVersion":"1.1.0","name":"pods","type":"fairway","bridge":"cni0"\#(keys)}"#
        let added = try await node.add(configuration, pod: pod)
        #expect(try node.interface(in: pod).isUp == false)
        try await node.demand("CHECK", added.previous(configuration), pod: pod.path)
        try await pod.demand("ip", "link", "set", "eth0", "up")
        let drift = try await node.failure("CHECK", added.previous(configuration), pod: pod.path)
        #expect(drift.details.contains("interface eth0 is up"))
        let error = try await node.failure("ADD", node.configuration(keys: keys), container: "c2", pod: pod.path)
        #expect(error.code == 7 && error.message.contains("disableContainerInterface"))
    }

    @Test(
        "The pod's MAC address: CNI_ARGS gives way to args.cni, and that to runtimeConfig",
        arguments: [
            ("IgnoreUnknown=1;MAC=c2:11:22:33:44:51", "", "c2:11:22:33:44:51"),
            ("MAC=c2:11:22:33:44:51", #","args":{"cni":{"mac":"c2:11:22:33:44:52"}}"#, "c2:11:22:33:44:52"),
            (
                "MAC=c2:11:22:33:44:51",
                #","args":{"cni":{"mac":"c2:11:22:33:44:52"}},"runtimeConfig":{"mac":"c2:11:22:33:44:53"}"#,
                "c2:11:22:33:44:53"
            ),
        ])
    func requestedMAC(arguments: String, keys: String, mac: String) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = node.configuration(keys: keys)
        let added = try await node.add(configuration, pod: pod, variables: ["CNI_ARGS": arguments])
        #expect(added.result.interfaces[2].mac?.description == mac)
        #expect(try node.interface(in: pod).mac?.description == mac)
        #expect(try await pod.demand("sysctl", "-n", "net.ipv4.conf.eth0.arp_notify") == "1\n")
    }

    @Test("A MAC address that is asked for is announced: neighbours that knew the addresses by another one learn it")
    func announcement() async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod()]
        _ = try await node.add(node.configuration(), container: "c0", pod: pods[0])
        let addresses = ["10.85.0.3", "fd85::3"]
        for address in addresses {
            try await node.namespace.demand(
                "ip", "neigh", "replace", address, "lladdr", "02:00:00:00:00:99", "dev", "cni0", "nud", "reachable")
        }
        let added = try await node.add(
            node.configuration(keys: #","runtimeConfig":{"mac":"c2:11:22:33:44:53"}"#), pod: pods[1])
        #expect(added.result.addresses.map(\.address.address.description) == addresses)
        for address in addresses {
            let known = try await node.namespace.demand("ip", "neigh", "show", address)
            #expect(known.contains("c2:11:22:33:44:53"), "\(known)")
        }
    }

    @Test("enabledad waits for duplicate address detection; without it addresses are usable at once")
    func duplicateAddressDetection() async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod()]
        _ = try await node.add(node.configuration(), pod: pods[0])
        let configuration = node.configuration(keys: #","enabledad":true"#)
        let added = try await node.add(configuration, container: "c2", pod: pods[1])
        let shown = try await pods[1].demand("ip", "-6", "addr", "show", "dev", "eth0", "scope", "global")
        #expect(!shown.contains("tentative") && !shown.contains("nodad"))
        #expect(try await pods[0].demand("ip", "-6", "addr", "show", "scope", "global").contains("nodad"))
        #expect(try await pods[1].demand("sysctl", "-n", "net.ipv6.conf.eth0.accept_dad") == "1\n")
        try await node.demand("CHECK", added.previous(configuration), container: "c2", pod: pods[1].path)
    }

    @Test("An IPv6 address that another pod uses already fails ADD under enabledad, and nothing is left")
    func duplicateAddress() async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod()]
        _ = try await node.add(node.configuration(), pod: pods[0])
        try await pods[0].demand("ip", "addr", "add", "fd85::3/64", "dev", "eth0", "nodad")
        let configuration = node.configuration(keys: #","enabledad":true"#)
        let error = try await node.failure("ADD", configuration, container: "c2", pod: pods[1].path)
        #expect(error.code == 100 && error.message.contains("fd85::3/64 is another interface's"))
        #expect(node.leases() == ["10.85.0.2", "fd85::2"])
        #expect(try node.links().count { $0.kind == "veth" } == 1)
    }

    @Test(
        "Nobody sets the MTU of a bridge that exists; the result says what it has come to, as the kernel lets it follow"
    )
    func mtu() async throws {
        let node = try PluginNode()
        try await node.namespace.demand("ip", "link", "add", "cni0", "type", "bridge")
        try await node.namespace.demand("ip", "link", "add", "cni1", "type", "bridge")
        // A bridge whose MTU was set after it was made keeps it; others have that of their smallest port.
        try await node.namespace.demand("ip", "link", "set", "cni1", "mtu", "1300")
        for (bridge, expected) in [("cni0", 1400), ("cni1", 1300), ("cni2", 1400)] {
            let configuration = node.configuration(
                bridge, bridge: bridge, ranges: #"[[{"subnet":"10.86.0.0/24"}]]"#, keys: #","mtu":1400"#)
            let added = try await node.add(configuration, container: bridge, pod: try node.makePod())
            #expect(added.result.interfaces.map(\.mtu) == [expected, 1400, 1400])
            #expect(try node.links().first { $0.name == bridge }?.mtu == expected)
        }
    }

    @Test("A bridge whose MAC address follows its ports keeps the one that it has once it is a gateway")
    func pinnedMAC() async throws {
        let node = try PluginNode()
        try await node.namespace.demand("ip", "link", "add", "cni0", "type", "bridge")
        let before = try #require(try node.links().first).mac
        for index in 0..<2 {
            let added = try await node.add(node.configuration(), container: "c\(index)", pod: try node.makePod())
            #expect(added.result.interfaces[0].mac == before)
        }
        #expect(try node.links().first { $0.name == "cni0" }?.mac == before)
    }

    @Test("The bridge's MAC address is the same whatever pods come and go")
    func stableMAC() async throws {
        let node = try PluginNode()
        let configuration = node.configuration()
        var addresses: Set<MACAddress?> = []
        for index in 0..<3 {
            let pod = try node.makePod()
            let mac = index == 0 ? "02:00:00:00:00:01" : "fe:00:00:00:00:0\(index)"
            let added = try await node.add(
                configuration, container: "c\(index)", pod: pod, variables: ["CNI_ARGS": "MAC=\(mac)"])
            addresses.insert(added.result.interfaces[0].mac)
            if index == 1 { try await node.demand("DEL", configuration, container: "c0") }
            addresses.insert(try node.links().first { $0.name == "cni0" }?.mac)
        }
        #expect(addresses.count == 1)
        #expect(addresses.first??.description == "0a:58:0a:55:00:01")
    }
}
