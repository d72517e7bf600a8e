import CNIPlugin
import CNIProtocol
import Glibc
import LinuxSystem
import NetworkTypes
import TestSupport
import Testing

/// What one attachment's end, or another's begin, must not take from those beside it.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct NeighbourTests {
    private static func ports(_ port: Int, hostIP: String = "") -> String {
        """
        ,"runtimeConfig":{"portMappings":[{"hostPort":\(port),"containerPort":8080,"protocol":"tcp","hostIP":"\(hostIP)"}]}
        """
    }

    private static func portmap(_ port: Int, previous: String) -> String {
        #"{"cniVersion":"1.1.0","name":"pods","type":"portmap"\#(ports(port)),"prevResult":\#(previous)}"#
    }

    @Test(
        "DEL as fairway or bridge takes what portmap mapped, when the list names portmap no more",
        arguments: ["fairway", "bridge"])
    func otherName(name: String) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let bridge = node.configuration(ipam: #","type":"host-local""#, keys: #","isGateway":true"#)
        let made = try await node.run(as: "bridge", "ADD", bridge, pod: pod.path)
        let mapped = try await node.run(as: "portmap", "ADD", Self.portmap(9000, previous: made.output), pod: pod.path)
        #expect(try mapped.exitCode == 0 && node.records() == ["c1:eth0", "c1:eth0:portmap"])
        let end = try await node.run(as: name, "DEL", bridge, pod: pod.path)
        #expect(end.exitCode == 0, "\(end)")
        #expect(try node.records().isEmpty && node.leases().isEmpty && node.linkNames() == ["cni0"])
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == "")
    }

    @Test("A link that somebody else opened for 127.0.0.1 stays open; CHECK sees one that somebody closed")
    func foreignLoopback() async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod()]
        let keys = Self.ports(9000) + #","loopbackHostPorts":true"#
        let key = "net.ipv4.conf.cni0.route_localnet"
        _ = try await node.add(node.configuration(), container: "c0", pod: pods[0])
        try await node.namespace.demand("sysctl", "-qw", "\(key)=1")
        _ = try await node.add(node.configuration(keys: keys), pod: pods[1])
        try await node.demand("DEL", node.configuration(), pod: pods[1].path)
        #expect(try await node.namespace.demand("sysctl", "-n", key) == "1\n")

        try await node.namespace.demand("sysctl", "-qw", "\(key)=0")
        let added = try await node.add(node.configuration(keys: keys), pod: pods[1])
        let previous = added.previous(node.configuration(keys: keys))
        try await node.demand("CHECK", previous, pod: pods[1].path)
        try await node.namespace.demand("sysctl", "-qw", "\(key)=0")
        let error = try await node.failure("CHECK", previous, pod: pods[1].path)
        #expect(error.code == 103 && error.details.contains("route_localnet of cni0 is off"), "\(error)")
    }

    @Test("Pods of one network see each other's addresses, whichever of its subnets they are in")
    func severalSubnets() async throws {
        let stage = try await WorldNode()
        let node = stage.node
        let ranges = #"[[{"subnet":"10.85.0.0/30"},{"subnet":"10.86.0.0/24"}]]"#
        let pods = [try node.makePod(), try node.makePod()]
        for (index, pod) in pods.enumerated() {
            _ = try await node.add(
                node.configuration(ranges: ranges, keys: #","ipMasq":true"#), container: "c\(index)", pod: pod)
        }
        let servers = [try await stage.serve("c1", in: pods[1]), try await stage.serve("c0", in: pods[0])]
        #expect(try await stage.ask(from: pods[0], "10.86.0.2", 8080) == "c1 10.85.0.2")
        #expect(try await stage.ask(from: pods[1], "10.85.0.2", 8080) == "c0 10.86.0.2")
        withExtendedLifetime(servers) {}
    }

    @Test("Of a runtime's ranges, which differ from pod to pod, none is masqueraded to another")
    func runtimeRanges() async throws {
        let stage = try await WorldNode()
        let node = stage.node
        let pods = [try node.makePod(), try node.makePod()]
        for (index, pod) in pods.enumerated() {
            let keys = #","ipMasq":true,"runtimeConfig":{"ipRanges":[[{"subnet":"10.\#(87 + index).0.0/24"}]]}"#
            _ = try await node.add(
                node.configuration(ranges: #"[[{"subnet":"10.85.0.0/24"}]]"#, keys: keys), container: "c\(index)",
                pod: pod)
        }
        let address = try #require(try node.addresses(of: "eth0", in: pods[1]).first { $0.hasPrefix("10.88") })
        let server = try await stage.serve("c1", in: pods[1])
        let said = try await stage.ask(from: pods[0], String(address.prefix { $0 != "/" }), 8080)
        #expect(said?.hasPrefix("c1 10.8") == true && said != "c1 10.88.0.1", "\(said ?? "")")
        withExtendedLifetime(server) {}
    }

    @Test("Of several ADDs of one attachment at once one wins, and keeps its record and its MAC guard")
    func sameAttachment() async throws {
        let node = try PluginNode()
        let configuration = """
            {"cniVersion":"1.1.0","name":"pods","type":"fairway","bridge":"cni0","macspoofchk":true}
            """
        for round in 0..<Soak.rounds(15) {
            let pod = try node.makePod()
            let processes = try (0..<3).map { _ in try node.start("ADD", configuration, pod: pod.path) }
            var codes: [Int32] = []
            for process in processes { codes.append(try await process.outcome().exitCode) }
            #expect(codes.count { $0 == 0 } == 1, "round \(round)")
            #expect(try node.records() == ["c1:eth0"], "round \(round)")
            let rules = try await node.namespace.demand("nft", "list", "ruleset")
            #expect(rules.contains("comment \"pods/c1/eth0\""), "round \(round)")
            try await node.demand("DEL", configuration, pod: pod.path)
        }
    }
}
