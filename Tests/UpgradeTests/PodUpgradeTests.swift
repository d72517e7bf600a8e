import LinuxSystem
import TestSupport
import Testing

/// The plugin over the tables, records and leases of the plugin before it.
@Suite(.serialized, .enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct PodUpgradeTests {
    /// Where the pods' host ports are reached from the node, with servers that answer.
    private static let ports: [(address: String, port: Int)] = [
        ("192.0.2.1", 9001), ("2001:db8::1", 9001), ("2001:db8::1", 9003), ("192.0.2.1", 9004), ("127.0.0.1", 9004),
    ]

    private func servers(_ node: PodNode) async throws -> [Flows.Server] {
        var servers: [Flows.Server] = []
        for namespace in node.namespaces.values { servers.append(try await Flows.serve(port: 8080, in: namespace)) }
        return servers
    }

    @Test(
        "CHECK passes, ADD beside them works, GC spares the living and DEL frees everything; no connection fails",
        arguments: Predecessor.all, [true, false])
    func life(_ predecessor: Predecessor, keepsState: Bool) async throws {
        let node = try await PodNode(predecessor, keepsState: keepsState)
        let servers = try await servers(node)
        let flows = try await Flows(to: Self.ports, from: node.node)
        try await flows.goOn()
        for pod in PodNode.pods { try await node.demand("CHECK", pod) }

        let pod = try NetNS()
        let ports = #","runtimeConfig":{"portMappings":[{"hostPort":9010,"containerPort":8080,"protocol":"tcp"}]}"#
        let added = try await node.call(
            "ADD", "new", node.configuration("pods", keys: ports), namespace: pod.path)
        #expect(added.exitCode == 0, "\(added.output)")
        #expect(added.output.contains("10.85.0.4/24") && added.output.contains("fd85::4/64"), "\(added.output)")
        let newServer = try await Flows.serve(port: 8080, in: pod)
        let newFlows = try await Flows(to: [("192.0.2.1", 9010), ("2001:db8::1", 9010)], from: node.node)
        for pod in PodNode.pods { try await node.demand("CHECK", pod) }
        for network in ["pods", "edge"] {
            let collected = try await node.collect(network, sparing: PodNode.pods + ["new"])
            #expect(collected.exitCode == 0, "\(collected.output)")
        }
        for pod in PodNode.pods { try await node.demand("CHECK", pod) }
        try await newFlows.goOn()
        try await newFlows.expectUnharmed()
        try await flows.expectUnharmed()
        withExtendedLifetime((servers, newServer)) {}

        let deleted = try await node.call(
            "DEL", "new", node.configuration("pods", keys: ports), namespace: pod.path)
        #expect(deleted.exitCode == 0, "\(deleted.output)")
        for pod in PodNode.pods { try await node.demand("DEL", pod) }
        for pod in PodNode.pods + ["new"] { #expect(try await node.traces(of: pod) == []) }
        #expect(try await !node.node.ruleset().contains("table"))
    }

    @Test("A host port, and an address, of a pod that was there before are taken", arguments: Predecessor.all)
    func taken(_ predecessor: Predecessor) async throws {
        let node = try await PodNode(predecessor)
        let pod = try NetNS()
        for (port, address) in [(9001, "192.0.2.1"), (9003, "2001:db8::1"), (9004, "192.0.2.1")] {
            let keys = """
                ,"runtimeConfig":{"portMappings":[{"hostPort":\(port),"containerPort":80,"protocol":"tcp",\
                "hostIP":"\(address)"}]}
                """
            let refused = try await node.call(
                "ADD", "new", node.configuration("pods", keys: keys), namespace: pod.path)
            #expect(refused.exitCode == 1 && refused.output.contains("is taken"), "\(refused.output)")
            #expect(refused.output.contains("container container-"), "\(refused.output)")
            #expect(try await node.traces(of: "new") == [])
        }
        for pod in PodNode.pods { try await node.demand("CHECK", pod) }
    }

    @Test(
        "GC takes what nobody speaks for any more, and nothing else", arguments: Predecessor.all, [true, false])
    func collect(_ predecessor: Predecessor, keepsState: Bool) async throws {
        let node = try await PodNode(predecessor, keepsState: keepsState)
        let collected = try await node.collect("pods", sparing: ["c"])
        #expect(collected.exitCode == 0, "\(collected.output)")
        #expect(try await node.traces(of: "a") == [])
        for pod in ["b", "c"] { try await node.demand("CHECK", pod) }
    }

    @Test("After a flush the predecessor's records bring its rules back", arguments: Predecessor.all)
    func flushed(_ predecessor: Predecessor) async throws {
        let node = try await PodNode(predecessor)
        try await node.node.demand("nft", "flush", "ruleset")
        let collected = try await node.collect("pods", sparing: ["a", "c"])
        #expect(collected.exitCode == 0, "\(collected.output)")
        let servers = try await servers(node)
        let flows = try await Flows(to: Self.ports, from: node.node)
        try await flows.goOn()
        try await flows.expectUnharmed()
        withExtendedLifetime(servers) {}
        for pod in PodNode.pods { try await node.demand("CHECK", pod) }
    }
}
