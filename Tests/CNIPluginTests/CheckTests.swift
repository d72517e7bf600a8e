import CNIProtocol
import LinuxSystem
import RouteNetlink
import TestSupport
import Testing

@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct CheckTests {
    /// A change behind the plugin's back, where it happens, and what CHECK says of it.
    struct Drift: Sendable, CustomTestStringConvertible {
        let command: String
        let inPod: Bool
        let words: String
        var testDescription: String { command }
    }

    @Test(
        "CHECK says which thing drifted",
        arguments: [
            Drift(
                command: "addr del 10.85.0.2/24 dev eth0", inPod: true,
                words: "address 10.85.0.2/24 is missing on interface eth0"),
            Drift(
                command: "addr del fd85::2/64 dev eth0", inPod: true,
                words: "address fd85::2/64 is missing on interface eth0"),
            Drift(command: "route del default", inPod: true, words: "route to 0.0.0.0/0 via 10.85.0.1 is missing"),
            Drift(command: "-6 route del default", inPod: true, words: "route to ::/0 via fd85::1 is missing"),
            Drift(command: "route del 192.0.2.0/24", inPod: true, words: "route to 192.0.2.0/24 is missing"),
            Drift(command: "link set eth0 down", inPod: true, words: "interface eth0 is down"),
            Drift(
                command: "link set eth0 address 02:00:00:00:00:09", inPod: true,
                words: "interface eth0 has MAC address 02:00:00:00:00:09, not 0a:58:0a:55:00:02"),
            // Before 6.2 the kernel renames no interface that is up.
            Drift(
                command: "link set eth0 down; link set eth0 name eth9; link set eth9 up", inPod: true,
                words: "interface eth0 is missing in the container"),
            Drift(command: "link set VETH nomaster", inPod: false, words: "has another master than bridge cni0"),
            Drift(command: "link set VETH down", inPod: false, words: "is down"),
            Drift(command: "link set VETH type bridge_slave hairpin off", inPod: false, words: "is not on"),
            Drift(
                command: "link set VETH type bridge_slave isolated on", inPod: false, words: "isolation of host link"),
            Drift(command: "link set VETH alias other", inPod: false, words: "has the alias \"other\""),
            Drift(
                command: "link set cni0 type bridge nf_call_iptables 0", inPod: false,
                words: "bridge cni0 has nf_call_iptables or nf_call_ip6tables off"),
            Drift(command: "link set cni0 down", inPod: false, words: "bridge cni0 is down"),
            Drift(
                command: "addr del 10.85.0.1/24 dev cni0", inPod: false,
                words: "address 10.85.0.1/24 is missing on bridge cni0"),
            Drift(command: "link del cni0", inPod: false, words: "bridge cni0 is missing"),
            Drift(command: "link set VETH mtu 1300", inPod: false, words: "has MTU 1300, not 1500"),
            Drift(
                command: "link set VETH address 02:00:00:00:00:09", inPod: false,
                words: "has MAC address 02:00:00:00:00:09, not 06:58:0a:55:00:02"),
            Drift(
                command: "link set cni0 address 02:00:00:00:00:09", inPod: false,
                words: "bridge cni0 has MAC address 02:00:00:00:00:09, not 0a:58:0a:55:00:01"),
            Drift(
                command: "link set cni0 promisc on", inPod: false,
                words: "promiscuous mode of bridge cni0 is not off"),
            Drift(
                command: "addr del fd85::1/64 dev cni0", inPod: false,
                words: "address fd85::1/64 is missing on bridge cni0"),
            Drift(command: "link del VETH", inPod: false, words: "host link VETH is missing"),
            Drift(
                command: "link set cni0 type bridge nf_call_ip6tables 0", inPod: false,
                words: "bridge cni0 has nf_call_iptables or nf_call_ip6tables off"),
        ])
    func kernelDrift(drift: Drift) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = node.configuration(ipam: #","routes":[{"dst":"192.0.2.0/24"}]"#)
        let added = try await node.add(configuration, pod: pod)
        try await node.demand("CHECK", added.previous(configuration), pod: pod.path)
        let veth = try #require(try node.links().first { $0.kind == "veth" }).name
        for command in drift.command.split(separator: ";") {
            let arguments = command.split(separator: " ").map { $0 == "VETH" ? veth : String($0) }
            let process = try RunningProcess(
                Programs.path(of: "ip"), arguments, in: drift.inPod ? pod : node.namespace)
            #expect(try await process.outcome().exitCode == 0)
        }
        let error = try await node.failure("CHECK", added.previous(configuration), pod: pod.path)
        #expect(error.code == 103)
        #expect(error.message == "interface eth0 of container c1 has drifted")
        let words = drift.words.replacing("VETH", with: veth)
        #expect(error.details.contains(words), "\(error.details)")
    }

    @Test(
        "CHECK says that the node does not forward",
        arguments: ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"])
    func forwarding(name: String) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let added = try await node.add(node.configuration(), pod: pod)
        try await node.namespace.demand("sysctl", "-qw", "\(name.replacing("/", with: "."))=0")
        let error = try await node.failure("CHECK", added.previous(node.configuration()), pod: pod.path)
        #expect(error.code == 103 && error.details == "forwarding is off: \(name) is not 1")
    }

    @Test("CHECK sees an interface of the same name that is another's, and a route with another metric")
    func impostor() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = node.configuration(ipam: #","routes":[{"dst":"192.0.2.0/24","priority":7}]"#)
        let added = try await node.add(configuration, pod: pod)
        try await pod.demand("ip", "route", "del", "192.0.2.0/24")
        try await pod.demand("ip", "route", "add", "192.0.2.0/24", "via", "10.85.0.1", "metric", "8")
        let metric = try await node.failure("CHECK", added.previous(configuration), pod: pod.path)
        #expect(metric.details == "route to 192.0.2.0/24 is missing")
        // Before 6.2 the kernel renames no interface that is up.
        try await pod.demand("ip", "link", "set", "eth0", "down")
        try await pod.demand("ip", "link", "set", "eth0", "name", "eth9")
        try await pod.demand("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "other")
        let error = try await node.failure("CHECK", added.previous(configuration), pod: pod.path)
        let veth = added.result.interfaces[1].name
        #expect(error.details.contains("interface eth0 is not the other end of host link \(veth)"))
    }

    @Test("CHECK sees a lost and a foreign lease, tolerates more addresses, and demands prevResult")
    func lease() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = node.configuration()
        let added = try await node.add(configuration, pod: pod)
        try await pod.demand("ip", "addr", "add", "198.51.100.1/32", "dev", "eth0")
        try await node.demand("CHECK", added.previous(configuration), pod: pod.path)
        let none = try await node.failure("CHECK", configuration, pod: pod.path)
        #expect(none.code == 7 && none.message == "missing prevResult")
        try Directory.remove("\(node.dataDirectory)/pods/10.85.0.2")
        let lost = try await node.failure("CHECK", added.previous(configuration), pod: pod.path)
        #expect(lost.code == 103)
        #expect(lost.details == "lease 10.85.0.2 is not held by this container in \(node.dataDirectory)/pods")
    }
}
