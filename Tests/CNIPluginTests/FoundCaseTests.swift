import CNIProtocol
import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

/// What public configurations and reports found, each as one of its kind.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct FoundCaseTests {
    private static let outside = #","routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]"#

    private func routes(_ family: String, in pod: NetNS) async throws -> [String] {
        try await pod.demand("ip", family, "route", "show", "default").split(separator: "\n").map(String.init)
    }

    @Test("Behind loopback, and beside another interface, portmap leads to the interface that it is called for")
    func portmapTarget() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let other = """
            {"cniVersion":"1.1.0","interfaces":[{"name":"net1","sandbox":"\(pod.path)"},{"name":"lo","sandbox":"\(pod.path)"}],\
            "ips":[{"interface":0,"address":"192.0.2.7/24"},{"interface":1,"address":"127.0.0.1/8"}]}
            """
        let added = try await node.add(node.configuration(keys: ",\"prevResult\":\(other)"), pod: pod)
        let ports = #"{"portMappings":[{"hostPort":9000,"containerPort":8080,"protocol":"tcp"}]}"#
        let entry = """
            {"cniVersion":"1.1.0","name":"pods","type":"portmap","snat":true,"runtimeConfig":\(ports),\
            "prevResult":\(added.text)}
            """
        let outcome = try await node.run(as: "portmap", "ADD", entry, pod: pod.path)
        #expect(outcome.exitCode == 0, "\(outcome)")
        let map = try await node.namespace.demand("nft", "list", "map", "ip", "fairway-cni", "host-ports")
        #expect(map.contains("10.85.0.2 . 8080") && !map.contains("127.0.0.1") && !map.contains("192.0.2.7"), "\(map)")
    }

    @Test("Twenty thousand host ports are served, and nobody else gets one of them")
    func manyPorts() async throws {
        let node = try PluginNode()
        let list = (10_000..<30_000).map { #"{"hostPort":\#($0),"containerPort":\#($0),"protocol":"tcp"}"# }
        let keys = #","runtimeConfig":{"portMappings":[\#(list.joined(separator: ","))]}"#
        let configuration = node.configuration(ranges: #"[[{"subnet":"10.85.0.0/24"}]]"#, keys: keys)
        let pod = try node.makePod()
        let added = try await node.add(configuration, pod: pod)
        let map = try await node.namespace.demand("nft", "list", "map", "ip", "fairway-cni", "host-ports")
        #expect(map.matches(of: #/ : 10\.85\.0\.2 \. /#).count == 20_000)
        try await node.demand("CHECK", added.previous(configuration), pod: pod.path)
        let second = try await node.failure(
            "ADD",
            node.configuration(
                keys: #","runtimeConfig":{"portMappings":[{"hostPort":12000,"containerPort":80,"protocol":"tcp"}]}"#),
            container: "c2", pod: try node.makePod().path)
        #expect(second.code == 105, "\(second)")
        try await node.demand("DEL", configuration, pod: pod.path)
        #expect(try node.records().isEmpty)
    }

    @Test("Every ADD sees to it that the node takes no router advertisements, whoever made the bridge")
    func routerAdvertisements() async throws {
        let node = try PluginNode()
        try await node.namespace.demand("ip", "link", "add", "cni0", "up", "type", "bridge")
        func accepts(from link: String) async throws -> String {
            try await node.namespace.demand("cat", "/proc/sys/net/ipv6/conf/\(link)/accept_ra")
        }
        #expect(try await accepts(from: "cni0") == "1\n")
        let added = try await node.add(
            node.configuration(ranges: #"[[{"subnet":"10.85.0.0/24"}]]"#), pod: try node.makePod())
        for link in ["cni0", added.result.interfaces[1].name] {
            #expect(try await accepts(from: link) == "0\n", "\(link)")
        }
    }

    @Test("A second network's default route stands beside the first one's, and is there when that goes")
    func secondDefaultRoute() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let first = node.configuration(ipam: Self.outside)
        let second = node.configuration(
            "more", bridge: "cni1", ranges: #"[[{"subnet":"10.86.0.0/24"}],[{"subnet":"fd86::/64"}]]"#,
            ipam: Self.outside)
        _ = try await node.add(first, pod: pod)
        let added = try await node.add(second, pod: pod, interface: "eth1")
        #expect(added.result.routes.count == 2)
        #expect(try await routes("-4", in: pod).map { $0.contains("dev eth1") } == [true, false])
        #expect(try await pod.demand("ip", "-6", "route", "show", "default").contains("via fd86::1 dev eth1"))
        try await node.demand("DEL", first, pod: pod.path)
        for family in ["-4", "-6"] {
            let left = try await routes(family, in: pod)
            #expect(left.count == 1 && left[0].contains("dev eth1"), "\(left)")
        }
        try await node.demand("DEL", second, pod: pod.path, interface: "eth1")
    }

    @Test("Behind a prefix the binary is the plugin that the name ends with; under any other name it is none")
    func names() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let folder = String(try node.plugin(named: "acme-host-local").dropLast("/acme-host-local".utf8.count))
        let configuration = node.configuration().replacing(#""ipam":{"#, with: #""ipam":{"type":"acme-host-local","#)
        let variables = ["CNI_PATH": folder]
        func run(_ name: String, _ command: String) async throws -> ProcessOutcome {
            try await node.start(
                command, configuration, pod: pod.path, variables: variables, program: try node.plugin(named: name)
            ).outcome()
        }
        let added = try await run("acme-bridge", "ADD")
        #expect(try AddOutcome(added.output).result.addresses.count == 2, "\(added)")
        #expect(try await run("acme-bridge", "DEL").exitCode == 0)
        #expect(node.leases().isEmpty)
        let error = try ErrorOutcome(try await run("acme-bridges", "ADD"))
        #expect(error.code == 7 && error.message.hasPrefix("unknown plugin name"), "\(error)")
        #expect(error.details.contains("host-local"))
        #expect(node.leases().isEmpty)
    }

    @Test(
        "A MAC address is taken in the forms that people write",
        arguments: ["02-11-22-33-44-55", "0211.2233.4455", "02:11:22:33:44:55"])
    func addressForms(text: String) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        _ = try await node.add(node.configuration(keys: #","runtimeConfig":{"mac":"\#(text)"}"#), pod: pod)
        #expect(try node.interface(in: pod).mac?.description == "02:11:22:33:44:55")
    }

    @Test("Where nobody may write a pod's switches, both families work all the same, and the log says which stay")
    func readOnlySwitches() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = node.configuration(keys: #","isGateway":false,"isDefaultGateway":false"#)
        let script =
            #"exec unshare -m sh -c 'mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys && exec "$PLUGIN"'"#
        let outcome = try await RunningProcess(
            Programs.path(of: "sh"), ["-ec", script],
            environment: [
                "CNI_COMMAND": "ADD", "CNI_CONTAINERID": "c1", "CNI_NETNS": pod.path, "CNI_IFNAME": "eth0",
                "CNI_PATH": "/opt/cni/bin", "PATH": Programs.searchPath, "PLUGIN": node.plugin,
            ], input: configuration, in: node.namespace
        ).outcome()
        #expect(outcome.exitCode == 0, "\(outcome)")
        #expect(outcome.errorOutput.contains("accept_ra stays as it is in the pod"))
        #expect(try node.addresses(of: "eth0", in: pod) == ["10.85.0.2/24", "fd85::2/64"])
    }

    @Test("Later plugins may change the MTU and move routes into tables of their own: CHECK says nothing")
    func laterPlugins() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = node.configuration(ipam: Self.outside)
        let added = try await node.add(configuration, pod: pod)
        // As tuning and sbr leave them.
        try await pod.demand("ip", "link", "set", "eth0", "mtu", "1400")
        for (family, gateway) in [("-4", "10.85.0.1"), ("-6", "fd85::1")] {
            try await pod.demand("ip", family, "route", "del", "default")
            try await pod.demand("ip", family, "route", "add", "default", "via", gateway, "dev", "eth0", "table", "100")
        }
        try await node.demand("CHECK", added.previous(configuration), pod: pod.path)
        try await pod.demand("ip", "-4", "route", "flush", "table", "100")
        let error = try await node.failure("CHECK", added.previous(configuration), pod: pod.path)
        #expect(error.code == 103 && error.details.contains("route to 0.0.0.0/0 is missing"), "\(error)")
    }

    @Test("A FIFO among the leases blocks nobody: it keeps its name from being given out", .timeLimit(.minutes(1)))
    func fifo() async throws {
        let node = try PluginNode()
        let folder = "\(node.dataDirectory)/pods"
        try Directory.create(node.dataDirectory)
        try Directory.create(folder)
        try await node.namespace.demand("mkfifo", "\(folder)/10.85.0.2")
        let pod = try node.makePod()
        let added = try await node.add(node.configuration(ranges: #"[[{"subnet":"10.85.0.0/24"}]]"#), pod: pod)
        #expect(added.result.addresses.map(\.address.description) == ["10.85.0.3/24"])
        try await node.demand("DEL", node.configuration(), pod: pod.path)
        try await node.namespace.demand("mkfifo", "\(folder)/last_reserved_ip.1")
        let error = try await node.failure("ADD", node.configuration(), container: "c2", pod: pod.path)
        #expect(error.details.contains("last_reserved_ip.1: it is no regular file"), "\(error)")
    }

    @Test("What makes no use of CNI_ARGS does not read them", arguments: ["loopback", "portmap", "bandwidth"])
    func strangeArguments(type: String) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let added = try await node.add(node.configuration(), pod: pod)
        let outcome = try await node.start(
            "ADD", #"{"cniVersion":"1.1.0","name":"pods","type":"\#(type)","prevResult":\#(added.text)}"#,
            pod: pod.path, variables: ["CNI_ARGS": "no pairs;at all"], program: try node.plugin(named: type)
        ).outcome()
        #expect(outcome.exitCode == 0, "\(outcome)")
    }

    @Test("`lo` gets IPv6 where the node's default has it off")
    func loopbackFamilies() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        for name in ["default", "lo"] {
            try await pod.demand("sysctl", "-qw", "net.ipv6.conf.\(name).disable_ipv6=1")
        }
        let outcome = try await node.run(
            as: "loopback", "ADD", #"{"cniVersion":"1.1.0","name":"pods","type":"loopback"}"#, pod: pod.path)
        let addresses = try AddOutcome(outcome.output).result.addresses.map(\.address.description)
        #expect(addresses == ["127.0.0.1/8", "::1/128"])
    }
}
