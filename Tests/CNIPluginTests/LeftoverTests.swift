import CNIPlugin
import CNIProtocol
import Glibc
import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

/// What a configuration, a runtime or a file of another time has left.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct LeftoverTests {
    private static func ports(_ port: Int) -> String {
        #","runtimeConfig":{"portMappings":[{"hostPort":\#(port),"containerPort":8080,"protocol":"tcp"}]}"#
    }

    @Test("After ipam.dataDir has moved, GC and DEL free what was leased in the old place", arguments: ["GC", "DEL"])
    func movedLeases(verb: String) async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod()]
        for (index, pod) in pods.enumerated() {
            _ = try await node.add(node.configuration(), container: "c\(index)", pod: pod)
        }
        let moved = """
            {"cniVersion":"1.1.0","name":"pods","type":"fairway","bridge":"cni0","ipam":{\
            "dataDir":"\(node.dataDirectory)/moved","ranges":[[{"subnet":"10.85.0.0/24"}]]}\(PluginList.valid(["c1"]))}
            """
        try await node.demand(verb, moved, container: "c0", pod: verb == "DEL" ? pods[0].path : "")
        #expect(node.leases() == ["10.85.0.3", "fd85::3"])
        #expect(try node.records() == ["c1:eth0"])
    }

    @Test(
        "GC takes a record that nobody can read when its attachment is no more, with its rules, and spares a valid one's"
    )
    func unreadableRecords() async throws {
        let node = try PluginNode()
        for (index, name) in ["stale", "living", "intact"].enumerated() {
            _ = try await node.add(
                node.configuration(keys: Self.ports(9000 + index)), container: name, pod: try node.makePod())
        }
        for name in ["stale", "living"] {
            try FileDescriptor.open("\(node.statePath())/pods/\(name):eth0", O_WRONLY | O_TRUNC).writeAll(
                Array("nonsense".utf8))
        }
        try await node.demand("GC", node.configuration(keys: PluginList.valid(["living", "intact"])))
        #expect(try node.records() == ["intact:eth0", "living:eth0"])
        #expect(try node.linkNames().count == 3)
        let rules = try await node.namespace.demand("nft", "list", "ruleset")
        #expect(!rules.contains("tcp . 9000") && rules.contains("tcp . 9002"))
    }

    @Test("bandwidth's DEL with a namespace that is another pod's by now leaves that pod's limits")
    func strangersLimits() async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod()]
        let limits = """
            ,"runtimeConfig":{"bandwidth":{"ingressRate":8000000,"ingressBurst":8000000,"egressRate":8000000,\
            "egressBurst":8000000}}
            """
        var results: [String] = []
        for (index, pod) in pods.enumerated() {
            let added = try await node.add(node.configuration(), container: "c\(index)", pod: pod)
            let entry =
                #"{"cniVersion":"1.1.0","name":"pods","type":"bandwidth"\#(limits),"prevResult":\#(added.text)}"#
            let shaped = try await node.run(as: "bandwidth", "ADD", entry, container: "c\(index)", pod: pod.path)
            #expect(shaped.exitCode == 0, "\(shaped)")
            results.append(entry)
        }
        func queues() throws -> [String] {
            try pods.map { try node.interface(in: $0).queueing }
                + node.links().filter { $0.kind == "veth" }.map(\.queueing)
        }
        #expect(try queues() == ["tbf", "tbf", "tbf", "tbf"])
        let stranger = try await node.run(as: "bandwidth", "DEL", results[0], container: "c0", pod: pods[1].path)
        #expect(stranger.exitCode == 0)
        #expect(try queues() == ["tbf", "tbf", "tbf", "tbf"])
        let own = try await node.run(as: "bandwidth", "DEL", results[0], container: "c0", pod: pods[0].path)
        #expect(own.exitCode == 0)
        #expect(try queues().filter { $0 == "tbf" }.count == 2)
        #expect(try node.interface(in: pods[1]).queueing == "tbf")
    }

    @Test(
        "After nft flush ruleset portmap brings all host ports back even when it has none to map, or nothing to collect",
        arguments: ["ADD", "GC"])
    func flushed(verb: String) async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod()]
        var results: [String] = []
        for (index, pod) in pods.enumerated() {
            results.append(try await node.add(node.configuration(), container: "c\(index)", pod: pod).text)
        }
        func entry(_ index: Int, _ keys: String) -> String {
            #"{"cniVersion":"1.1.0","name":"pods","type":"portmap"\#(keys),"prevResult":\#(results[index])}"#
        }
        let mapped = try await node.run(
            as: "portmap", "ADD", entry(0, Self.ports(9000)), container: "c0", pod: pods[0].path)
        #expect(mapped.exitCode == 0, "\(mapped)")
        let before = try await node.namespace.demand("nft", "-s", "list", "ruleset").split(separator: "\n").sorted()
        #expect(before.contains { $0.contains("tcp . 9000") })
        try await node.namespace.demand("nft", "flush", "ruleset")
        let outcome =
            verb == "ADD"
            ? try await node.run(as: "portmap", "ADD", entry(1, ""), container: "c1", pod: pods[1].path)
            : try await node.run(as: "portmap", "GC", entry(0, PluginList.valid(["c0", "c1"])), pod: "")
        #expect(outcome.exitCode == 0, "\(outcome)")
        let after = try await node.namespace.demand("nft", "-s", "list", "ruleset").split(separator: "\n").sorted()
        #expect(after == before)
    }
}
