import Lab
import NetworkTypes
import TestSupport
import Testing

extension EndToEnd.ServiceTests {
    @Test("Pods reach pods on their own node and on another without NAT", arguments: IPFamily.allCases, [1, 2])
    func podToPod(_ family: IPFamily, _ backend: Int) async throws {
        let target = cluster.backend(backend)
        #expect(target.node.name == "node\(backend)")
        try await expectNoNAT(from: cluster.client, to: target, family)
    }

    @Test("A node reaches pods on itself and on another node without NAT", arguments: IPFamily.allCases, [1, 2])
    func nodeToPod(_ family: IPFamily, _ backend: Int) async throws {
        // Bound to the node's own address: the kernel's choice for a pod on this node would be the bridge's.
        let node = cluster.lab.nodes[0]
        try await expectNoNAT(from: node, to: cluster.backend(backend), family, bound: true)
    }

    @Test("A pod reaches the world, and the world a pod, without NAT", arguments: IPFamily.allCases)
    func world(_ family: IPFamily) async throws {
        let cluster = cluster
        try await expectNoNAT(from: cluster.lab.world, to: cluster.backend(2), family)
        let server = try await onThread { try cluster.lab.world.serve(tcp: [7070], udp: [7070]) }
        try await expectNoNAT(from: cluster.client, to: cluster.lab.world, family, port: 7070)
        _ = try await onThread { try server.stop() }
    }

    private func expectNoNAT(
        from client: any LabHost, to server: any LabHost, _ family: IPFamily, port: UInt16 = 8080, bound: Bool = false
    ) async throws {
        let source = try #require(client.addresses.first(family))
        let target = try #require(server.addresses.first(family))
        for proto in [TransportProtocol.tcp, .udp] {
            let report = try await onThread {
                try client.connect(
                    to: target, port, ConnectOptions(proto, count: 20, parallel: 5, source: bound ? source : nil))
            }
            #expect(report.responders == [server.name: 20])
            #expect(report.clientAddresses == [source])
        }
    }
}
