import AttachPlan
import CNIPlugin
import Glibc
import LinuxSystem
import NFTables
import NetworkTypes
import TestSupport
import Testing

/// Host ports with real packets, by the plugin alone and by upstream's names in a chain.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct HostPortTests {
    /// How a pod comes to its host ports.
    enum Manner: String, CaseIterable, Sendable {
        case fairway
        /// `bridge` and then `portmap`, both of them links to Fairway.
        case chain
    }

    private static func mappings(_ hostPort: Int, hostIP: String = "") -> String {
        let entries = ["tcp", "udp"].map {
            #"{"hostPort":\#(hostPort),"containerPort":8080,"protocol":"\#($0)","hostIP":"\#(hostIP)"}"#
        }
        return #","runtimeConfig":{"portMappings":[\#(entries.joined(separator: ","))]}"#
    }

    private static func portmap(_ hostPort: Int, previous: String) -> String {
        """
        {"cniVersion":"1.1.0","name":"pods","type":"portmap"\(mappings(hostPort)),"prevResult":\(previous)}
        """
    }

    /// Runs ADD; returns the last plugin's result.
    @discardableResult
    private func add(_ manner: Manner, _ node: PluginNode, _ container: String, _ pod: NetNS, port: Int) async throws
        -> String
    {
        switch manner {
        case .fairway:
            return try await node.add(
                node.configuration(keys: Self.mappings(port)), container: container, pod: pod
            ).text
        case .chain:
            let keys = #","isGateway":true,"isDefaultGateway":true,"hairpinMode":true"#
            let bridge = try await node.run(
                as: "bridge", "ADD", node.configuration(ipam: #","type":"host-local""#, keys: keys),
                container: container, pod: pod.path)
            guard bridge.exitCode == 0 else { throw PluginFailure(outcome: bridge) }
            let portmap = try await node.run(
                as: "portmap", "ADD", Self.portmap(port, previous: bridge.output), container: container, pod: pod.path)
            guard portmap.exitCode == 0 else { throw PluginFailure(outcome: portmap) }
            return portmap.output
        }
    }

    private func delete(
        _ manner: Manner, _ node: PluginNode, _ container: String, _ pod: NetNS, port: Int, result: String
    ) async throws {
        if manner == .chain {
            let outcome = try await node.run(
                as: "portmap", "DEL", Self.portmap(port, previous: result), container: container, pod: pod.path)
            #expect(outcome.exitCode == 0, "\(outcome.output)")
        }
        try await node.demand("DEL", node.configuration(), container: container, pod: pod.path)
    }

    @Test(
        "A host port answers from outside, the node, a neighbour and the pod itself, until DEL",
        arguments: Manner.allCases)
    func everywhere(manner: Manner) async throws {
        let stage = try await WorldNode()
        let node = stage.node
        let pods = [try node.makePod(), try node.makePod()]
        var results: [String] = []
        var servers: [EchoServer] = []
        for (index, pod) in pods.enumerated() {
            results.append(try await add(manner, node, "c\(index)", pod, port: 9000 + index))
            servers.append(try await stage.serve("c\(index)", in: pod))
        }
        // The pod sees its client, unless that is itself; where bridged packets skip conntrack, a neighbour comes by
        // the node's address too.
        let gateways = [IPFamily.ipv4: "10.85.0.1", .ipv6: "fd85::1"]
        let neighbours = [IPFamily.ipv4: "10.85.0.3", .ipv6: "fd85::3"]
        for (family, address) in WorldNode.nodeAddresses {
            for udp in [false, true] {
                let place: Comment = "\(family) \(udp ? "udp" : "tcp")"
                #expect(
                    try await stage.ask(from: stage.world, address, 9000, udp: udp)
                        == "c0 \(WorldNode.worldAddresses[family] ?? "")", place)
                #expect(try await stage.ask(from: node.namespace, address, 9000, udp: udp) == "c0 \(address)", place)
                #expect(
                    try await stage.ask(from: pods[1], address, 9000, udp: udp)
                        == "c0 \((manner == .chain ? gateways : neighbours)[family] ?? "")", place)
                #expect(
                    try await stage.ask(from: pods[0], address, 9000, udp: udp) == "c0 \(gateways[family] ?? "")", place
                )
            }
        }
        // Under way to somebody else's port 9000 nothing is touched.
        let elsewhere = try await stage.ask(
            from: pods[1], WorldNode.worldAddresses[.ipv4] ?? "", 9000, milliseconds: 200)
        #expect(elsewhere == nil)

        try await delete(manner, node, "c0", pods[0], port: 9000, result: results[0])
        #expect(try await stage.ask(from: stage.world, "192.0.2.1", 9000, milliseconds: 200) == nil)
        #expect(try await stage.ask(from: stage.world, "192.0.2.1", 9001) == "c1 192.0.2.2")
        try await delete(manner, node, "c1", pods[1], port: 9001, result: results[1])
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == "")
        #expect(try node.records().isEmpty)
    }

    @Test("On 127.0.0.1 a host port answers where loopbackHostPorts asks for it, and nobody else gets in that way")
    func loopback() async throws {
        let stage = try await WorldNode()
        let node = stage.node
        let pod = try node.makePod()
        let off = try await node.failure(
            "ADD", node.configuration(keys: Self.mappings(9000, hostIP: "127.0.0.1")), pod: pod.path)
        #expect(off.code == 7 && off.details.contains("loopbackHostPorts"))

        _ = try await node.add(node.configuration(keys: Self.mappings(9000)), pod: pod)
        let server = try await stage.serve("c1", in: pod)
        #expect(try await stage.ask(from: node.namespace, "127.0.0.1", 9000, milliseconds: 200) == nil)
        try await node.demand("DEL", node.configuration(), pod: pod.path)

        let keys = Self.mappings(9000) + #","loopbackHostPorts":true"#
        _ = try await node.add(node.configuration(keys: keys), pod: pod)
        #expect(try await stage.ask(from: node.namespace, "127.0.0.1", 9000) == "c1 10.85.0.1")
        #expect(try await stage.ask(from: node.namespace, "127.0.0.1", 9000, udp: true) == "c1 10.85.0.1")
        let switches = ["-n", "net.ipv4.conf.cni0.route_localnet"]
        #expect(try await node.namespace.demand("sysctl", switches[0], switches[1]) == "1\n")

        // A service of the node's own on 127.0.0.1, and a pod that sends to that address by way of its gateway.
        let own = try await stage.serve("node", in: node.namespace)
        try await pod.demand("ip", "route", "add", "127.9.9.9/32", "via", "10.85.0.1", "table", "local")
        #expect(try await stage.ask(from: pod, "127.9.9.9", 8080, milliseconds: 300) == nil)

        try await node.demand("DEL", node.configuration(), pod: pod.path)
        #expect(try await node.namespace.demand("sysctl", switches[0], switches[1]) == "0\n")
        withExtendedLifetime((server, own)) {}
    }

    @Test("Each bridge is open for 127.0.0.1 as long as one of its own pods needs that")
    func loopbackApart() async throws {
        let node = try PluginNode()
        let keys = #","loopbackHostPorts":true"#
        let second = node.configuration(
            "other", bridge: "cni1", ranges: #"[[{"subnet":"10.86.0.0/24"}]]"#, keys: keys + Self.mappings(9001))
        _ = try await node.add(node.configuration(keys: keys + Self.mappings(9000)), pod: try node.makePod())
        _ = try await node.add(second, pod: try node.makePod())
        func switches() async throws -> String {
            try await node.namespace.demand(
                "sysctl", "-n", "net.ipv4.conf.cni0.route_localnet", "net.ipv4.conf.cni1.route_localnet")
        }
        #expect(try await switches() == "1\n1\n")
        try await node.demand("DEL", node.configuration())
        #expect(try await switches() == "0\n1\n")
        try await node.demand("GC", second)
        #expect(try await switches() == "0\n0\n")
    }

    @Test("A record that cannot be read does not keep its rules in force beyond DEL")
    func unreadableRecord() async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod()]
        for (index, pod) in pods.enumerated() {
            _ = try await node.add(
                node.configuration(keys: Self.mappings(9000 + index)), container: "c\(index)", pod: pod)
        }
        let path = "\(try node.statePath())/pods/c0:eth0"
        try FileDescriptor.open(path, O_WRONLY | O_TRUNC).writeAll(Array("{".utf8))
        try await node.demand("DEL", node.configuration(), container: "c0")
        let left = try await node.namespace.demand("nft", "list", "ruleset")
        #expect(!left.contains("tcp . 9000") && left.contains("tcp . 9001"))
        #expect(try node.records() == ["c1:eth0"])
    }

    @Test("A taken host port is an error that names its owner, and the failed ADD leaves nothing")
    func conflict() async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod()]
        _ = try await node.add(node.configuration(keys: Self.mappings(9000)), container: "holder", pod: pods[0])
        let before = try await node.namespace.demand("nft", "list", "ruleset")
        for hostIP in ["", "192.0.2.1"] {
            let error = try await node.failure(
                "ADD", node.configuration(keys: Self.mappings(9000, hostIP: hostIP)), container: "late",
                pod: pods[1].path)
            #expect(error.code == 105)
            #expect(error.message.contains("9000/tcp is taken"), "\(error)")
            #expect(error.details.contains("container holder, interface eth0 of network pods has it"), "\(error)")
        }
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == before)
        #expect(node.leases() == ["10.85.0.2", "fd85::2"])
        #expect(try node.records() == ["holder:eth0"])
        #expect(try node.linkNames().count == 2)
        // Another port is another thing, and so is the same one once its owner has gone.
        _ = try await node.add(node.configuration(keys: Self.mappings(9001)), container: "late", pod: pods[1])
        try await node.demand("DEL", node.configuration(), container: "late")
        try await node.demand("DEL", node.configuration(), container: "holder")
        _ = try await node.add(node.configuration(keys: Self.mappings(9000)), container: "late", pod: pods[1])
    }

    @Test("As portmap nothing is reserved: the first pod is served, and the second when the first has gone")
    func portmapConflict() async throws {
        let stage = try await WorldNode()
        let pods = [try stage.node.makePod(), try stage.node.makePod()]
        var servers: [EchoServer] = []
        var results: [String] = []
        for (index, pod) in pods.enumerated() {
            results.append(try await add(.chain, stage.node, "c\(index)", pod, port: 9000))
            servers.append(try await stage.serve("c\(index)", in: pod))
        }
        #expect(try await stage.ask(from: stage.world, "192.0.2.1", 9000) == "c0 192.0.2.2")
        try await delete(.chain, stage.node, "c0", pods[0], port: 9000, result: results[0])
        #expect(try await stage.ask(from: stage.world, "192.0.2.1", 9000) == "c1 192.0.2.2")
    }

    @Test(
        "A UDP client that keeps its port reaches the next pod with the host port at once, and others keep their flows",
        arguments: Manner.allCases)
    func staleFlows(manner: Manner) async throws {
        let stage = try await WorldNode()
        let node = stage.node
        let bystander = try node.makePod()
        try await add(manner, node, "bystander", bystander, port: 9100)
        let pods = [try node.makePod(), try node.makePod()]
        let first = try await add(manner, node, "c0", pods[0], port: 9000)
        let servers = [
            try await stage.serve("c0", in: pods[0]), try await stage.serve("bystander", in: bystander),
            try await stage.serve("world", in: stage.world),
        ]
        let client = try UDPClient(in: stage.world, port: 40_000)
        let other = try UDPClient(in: stage.world, port: 40_001)
        // A flow through the node to somebody else's port of that number.
        let through = try UDPClient(in: bystander, port: 40_002)
        #expect(try client.ask("192.0.2.1", 9000) == "c0")
        #expect(try other.ask("192.0.2.1", 9100) == "bystander")
        _ = try through.ask("192.0.2.2", 9000)

        try await delete(manner, node, "c0", pods[0], port: 9000, result: first)
        #expect(try node.flows(to: "10.85.0.3").isEmpty)
        // To nobody: this makes an entry without translation, which would keep the next pod from being reached.
        #expect(try client.ask("192.0.2.1", 9000) == nil)
        try await add(manner, node, "c1", pods[1], port: 9000)
        let next = try await stage.serve("c1", in: pods[1])
        #expect(try client.ask("192.0.2.1", 9000) == "c1")
        let kept = try node.flows(mentioning: "sport=40001")
        #expect(kept.count == 1 && kept[0].contains("dport=9100"))
        #expect(try node.flows(mentioning: "sport=40002").count == 1)
        withExtendedLifetime((servers, next)) {}
    }

    @Test("After nft flush ruleset one more ADD brings all host ports back, and so does GC", arguments: ["ADD", "GC"])
    func flush(verb: String) async throws {
        let stage = try await WorldNode()
        let node = stage.node
        let keys = #","ipMasq":true,"macspoofchk":true"#
        var servers: [EchoServer] = []
        for index in 0..<3 {
            let pod = try node.makePod()
            _ = try await node.add(
                node.configuration(keys: keys + Self.mappings(9000 + index)), container: "c\(index)", pod: pod)
            servers.append(try await stage.serve("c\(index)", in: pod))
        }
        let before = try await node.namespace.demand("nft", "-s", "list", "ruleset").split(separator: "\n").sorted()
        try await node.namespace.demand("nft", "flush", "ruleset")
        #expect(try await stage.ask(from: stage.world, "192.0.2.1", 9001, milliseconds: 200) == nil)
        if verb == "ADD" {
            _ = try await node.add(node.configuration(), container: "more", pod: try node.makePod())
        } else {
            let valid = (0..<3).map { #"{"containerID":"c\#($0)","ifname":"eth0"}"# }.joined(separator: ",")
            try await node.demand("GC", node.configuration(keys: #","cni.dev/valid-attachments":[\#(valid)]"#))
        }
        #expect(
            try await node.namespace.demand("nft", "-s", "list", "ruleset").split(separator: "\n").sorted() == before)
        for index in 0..<3 {
            #expect(try await stage.ask(from: stage.world, "192.0.2.1", UInt16(9000 + index)) == "c\(index) 192.0.2.2")
        }
    }

    @Test("Fifty first ADDs at once: every base rule is there once, every host port leads somewhere")
    func firstAdds() async throws {
        let node = try PluginNode()
        let pods = try (0..<50).map { _ in try node.makePod() }
        let processes = try pods.enumerated().map { index, pod in
            try node.start(
                "ADD", node.configuration(keys: #","ipMasq":true"# + Self.mappings(9000 + index)),
                container: "c\(index)", pod: pod.path)
        }
        for process in processes {
            let outcome = try await process.outcome()
            #expect(outcome.exitCode == 0, "\(outcome.output)")
        }
        let ruleset = try await node.namespace.demand("nft", "list", "ruleset")
        let lines = ruleset.split(separator: "\n").map { $0.trimmingSpaces }
        for rule in ["fib daddr type local goto host-ports"] {
            // Prerouting and output, in two families.
            #expect(lines.count { $0 == rule } == 4)
        }
        #expect(lines.count { $0.hasSuffix("@masqueraded masquerade fully-random") } == 2)
        for table in ["table ip fairway-cni {", "table ip6 fairway-cni {"] { #expect(lines.count { $0 == table } == 1) }
        for index in 0..<50 { #expect(ruleset.contains("tcp . \(9000 + index) comment \"pods/c\(index)/eth0\"")) }
        // One by one for good measure, and the last one takes the tables along.
        for index in 0..<50 { try await node.demand("DEL", node.configuration(), container: "c\(index)") }
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == "")
        #expect(try node.records().isEmpty && node.leases().isEmpty)
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String { String(drop { $0 == " " || $0 == "\t" }) }
}
