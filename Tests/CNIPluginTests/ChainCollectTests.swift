import RouteNetlink
import TestSupport
import Testing

/// GC of the plugins that only add to a pod.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct ChainCollectTests {
    /// Two pods of a list, one of Fairway alone in the same network, and one of a list in another network.
    private struct Stage {
        let node: PluginNode
        let list: PluginList
        let other: PluginList

        init() async throws {
            node = try PluginNode()
            list = try PluginList.upstream(node)
            other = try PluginList.upstream(
                node, network: "other", bridge: "cni1", ranges: #"[[{"subnet":"10.86.0.0/24"}]]"#)
            for (index, container) in ["living", "stale"].enumerated() {
                try await list.add(
                    keys: PluginList.capabilities(port: 9000 + index), container: container, pod: try node.makePod())
            }
            let plain = node.configuration(keys: PluginList.capabilities(port: 9002))
            _ = try await node.add(plain, container: "plain", pod: try node.makePod())
            try await other.add(
                keys: PluginList.capabilities(port: 9003), container: "foreign", pod: try node.makePod())
        }

        func ruleset() async throws -> String { try await node.namespace.demand("nft", "-s", "list", "ruleset") }

        /// The queues of the node's links, with their rates and without what the kernel counts.
        func queues() async throws -> [String] {
            try await node.namespace.demand("tc", "qdisc", "show").split(separator: "\n").map(String.init).sorted()
        }
    }

    @Test("GC as portmap takes the stale pod's host ports, and nothing that is another plugin's or network's")
    func portmap() async throws {
        let stage = try await Stage()
        let before = (links: try stage.node.linkNames(), leases: stage.node.leases(), queues: try await stage.queues())
        #expect(try await stage.ruleset().contains("tcp . 9001"))
        // `plain` is not valid either: its ports are Fairway's, whose own GC it is to take them.
        _ = try await stage.list.run("GC", stage.list.entries[1], keys: PluginList.valid(["living"]))
        let ruleset = try await stage.ruleset()
        for proto in ["tcp", "udp"] {
            #expect(!ruleset.contains("\(proto) . 9001"))
            for port in [9000, 9002, 9003] { #expect(ruleset.contains("\(proto) . \(port)"), "\(port)") }
        }
        #expect(!ruleset.contains("10.85.0.3 . 9001") && ruleset.contains("10.85.0.2 . 9000"))
        #expect(
            try stage.node.records() == ["living:eth0", "living:eth0:portmap", "plain:eth0", "stale:eth0"])
        #expect(try stage.node.records("other") == ["foreign:eth0", "foreign:eth0:portmap"])
        #expect(try stage.node.linkNames() == before.links && stage.node.leases() == before.leases)
        #expect(try await stage.queues() == before.queues)
    }

    @Test("GC as bandwidth takes no shaper off: those of stale pods go with their links, when bridge collects them")
    func bandwidth() async throws {
        let stage = try await Stage()
        let queues = try await stage.queues()
        let ruleset = try await stage.ruleset()
        let valid = PluginList.valid(["living", "plain"])
        _ = try await stage.list.run("GC", stage.list.entries[2], keys: valid)
        #expect(try await stage.queues() == queues)
        #expect(try await stage.ruleset() == ruleset)
        let stale = try #require(try stage.node.links().first { $0.alias.contains("container stale ") }).name
        _ = try await stage.list.run("GC", stage.list.entries[0], keys: valid)
        #expect(queues.count { $0.contains("tbf") } == 4)
        #expect(try await stage.queues() == queues.filter { !$0.contains(" \(stale) ") })
    }

    @Test("GC of the whole list leaves the valid pods alone, and of the others nothing")
    func wholeList() async throws {
        let stage = try await Stage()
        try await stage.list.collect(sparing: ["living"])
        let ruleset = try await stage.ruleset()
        for port in [9001, 9002] { #expect(!ruleset.contains(". \(port)")) }
        for port in [9000, 9003] { #expect(ruleset.contains(". \(port)")) }
        #expect(try stage.node.records() == ["living:eth0", "living:eth0:portmap"])
        #expect(stage.node.leases() == ["10.85.0.2", "fd85::2"])
        #expect(stage.node.leases("other") == ["10.86.0.2"])
        #expect(try stage.node.links().filter { $0.kind == "veth" }.count == 2)
        #expect(try await stage.queues().count { $0.contains("tbf") } == 2)
    }
}
