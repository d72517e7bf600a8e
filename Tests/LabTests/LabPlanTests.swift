import Lab
import NetworkTypes
import Testing

@Suite("Lab plan")
struct LabPlanTests {
    @Test("No two hosts share an address, no two nodes a network")
    func distinct() {
        let plan = LabPlan(id: "0000abcd", nodeCount: LabPlan.maximumNodes)
        let addresses = plan.nodes.flatMap(\.addresses) + LabPlan.worldAddresses
        #expect(addresses.count == 2 * (LabPlan.maximumNodes + 1))
        #expect(Set(addresses).count == addresses.count)
        for (index, node) in plan.nodes.enumerated() {
            for other in plan.nodes[(index + 1)...] {
                for (mine, theirs) in zip(node.podNetworks, other.podNetworks) { #expect(!mine.overlaps(theirs)) }
            }
        }
    }

    @Test("Pods lie inside the cluster's networks, everything else outside")
    func clusterNetworks() {
        let plan = LabPlan(id: "0000abcd", nodeCount: 3)
        func inCluster(_ address: IPAddress) -> Bool { LabPlan.clusterNetworks.contains { $0.contains(address) } }
        for node in plan.nodes {
            #expect(node.podNetworks.allSatisfy { inCluster($0.first) && inCluster($0.last) && $0.isNetwork })
            #expect(!node.addresses.contains(where: inCluster))
        }
        #expect(!LabPlan.worldAddresses.contains(where: inCluster))
        #expect(!(LabPlan.serviceNetworks + LabPlan.externalNetworks).contains { inCluster($0.first) })
    }

    @Test("Every name carries the lab's id")
    func names() {
        let plan = LabPlan(id: "0000abcd", nodeCount: 2)
        #expect(plan.namespace(of: "node1") == "fwl-0000abcd-node1")
        #expect(plan.networkName(of: plan.nodes[1]) == "fwl-0000abcd-node2")
    }
}
