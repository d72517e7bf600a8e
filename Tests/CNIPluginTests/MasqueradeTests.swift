import LinuxSystem
import NetworkTypes
import TestSupport
import Testing

@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct MasqueradeTests {
    @Test(
        "What pods send elsewhere leaves with the node's address; among themselves and to what is excluded it does not")
    func masquerade() async throws {
        let stage = try await WorldNode()
        let node = stage.node
        // The world knows the way back to the pods, so that either source gets an answer.
        try await stage.world.demand("ip", "route", "add", "10.85.0.0/24", "via", "192.0.2.1")
        try await stage.world.demand("ip", "-6", "route", "add", "fd85::/64", "via", "2001:db8::1")
        try await stage.world.demand("ip", "addr", "add", "192.0.2.77/24", "dev", "up1")
        let keys = #","ipMasq":true,"ipMasqExclude":["192.0.2.77"]"#
        let pods = [try node.makePod(), try node.makePod()]
        for (index, pod) in pods.enumerated() {
            _ = try await node.add(node.configuration(keys: keys), container: "c\(index)", pod: pod)
        }
        let servers = [try await stage.serve("world", in: stage.world), try await stage.serve("c1", in: pods[1])]
        for udp in [false, true] {
            #expect(try await stage.ask(from: pods[0], "192.0.2.2", 8080, udp: udp) == "world 192.0.2.1")
            #expect(try await stage.ask(from: pods[0], "2001:db8::2", 8080, udp: udp) == "world 2001:db8::1")
            #expect(try await stage.ask(from: pods[0], "10.85.0.3", 8080, udp: udp) == "c1 10.85.0.2")
            #expect(try await stage.ask(from: pods[0], "fd85::3", 8080, udp: udp) == "c1 fd85::2")
            #expect(try await stage.ask(from: node.namespace, "10.85.0.3", 8080, udp: udp) == "c1 10.85.0.1")
            #expect(try await stage.ask(from: stage.world, "10.85.0.3", 8080, udp: udp) == "c1 192.0.2.2")
        }
        #expect(try await stage.ask(from: pods[0], "192.0.2.77", 8080) == "world 10.85.0.2")

        // One rule and one set of ranges for the network, however many pods.
        let ruleset = try await node.namespace.demand("nft", "list", "table", "ip", "fairway-cni")
        #expect(!ruleset.contains("c0") && !ruleset.contains("10.85.0.2"))
        try await node.demand("DEL", node.configuration(), container: "c0")
        #expect(try await node.namespace.demand("nft", "list", "table", "ip", "fairway-cni") == ruleset)
        try await node.demand("DEL", node.configuration(), container: "c1")
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == "")
        withExtendedLifetime(servers) {}
    }

    @Test("Two networks masquerade apart: the end of one leaves the other's rules")
    func networks() async throws {
        let stage = try await WorldNode()
        let node = stage.node
        let pods = [try node.makePod(), try node.makePod()]
        let other = node.configuration(
            "other", bridge: "cni1", ranges: #"[[{"subnet":"10.86.0.0/24"}]]"#, keys: #","ipMasq":true"#)
        _ = try await node.add(node.configuration(keys: #","ipMasq":true"#), pod: pods[0])
        _ = try await node.add(other, pod: pods[1])
        let server = try await stage.serve("world", in: stage.world)
        for pod in pods { #expect(try await stage.ask(from: pod, "192.0.2.2", 8080) == "world 192.0.2.1") }
        try await node.demand("DEL", node.configuration())
        #expect(try await stage.ask(from: pods[1], "192.0.2.2", 8080) == "world 192.0.2.1")
        try await node.demand("GC", other)
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == "")
        withExtendedLifetime(server) {}
    }

    @Test("A frame with another source MAC than the pod's own is dropped where macspoofchk asks for it")
    func spoofing() async throws {
        let stage = try await WorldNode()
        let node = stage.node
        let guarded = try node.makePod()
        let free = try node.makePod()
        _ = try await node.add(node.configuration(keys: #","macspoofchk":true"#), container: "guarded", pod: guarded)
        _ = try await node.add(node.configuration(), container: "free", pod: free)
        let server = try await stage.serve("node", in: node.namespace)
        for pod in [guarded, free] {
            #expect(try await stage.ask(from: pod, "10.85.0.1", 8080) != nil)
            try await pod.demand("ip", "link", "set", "eth0", "address", "02:00:00:00:00:99")
        }
        #expect(try await stage.ask(from: guarded, "10.85.0.1", 8080, milliseconds: 300) == nil)
        #expect(try await stage.ask(from: free, "10.85.0.1", 8080) != nil)
        for container in ["guarded", "free"] {
            try await node.demand("DEL", node.configuration(), container: container)
        }
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == "")
        withExtendedLifetime(server) {}
    }
}
