package import NetworkTypes

/// Where everything of a lab lies: the names and addresses, decided before anything is made.
///
/// Labs never meet, because each has an underlay of its own, so all of them use the same addresses.
package struct LabPlan: Sendable, Hashable {
    /// Eight hex digits that mark every trace of this lab.
    package let id: String
    package let nodes: [NodePlan]

    package init(id: String, nodeCount: Int) {
        self.id = id
        nodes = (1...max(1, min(nodeCount, Self.maximumNodes))).map(NodePlan.init(number:))
    }

    package static let maximumNodes = 16

    /// The namespace of a node, a pod, `world` or `underlay`.
    package func namespace(of name: String) -> String { "fwl-\(id)-\(name)" }

    /// The Kubernetes name of the network a node's pods are attached to, unique per lab and node.
    package func networkName(of node: NodePlan) -> String { "fwl-\(id)-\(node.name)" }

    package static let worldName = "world"
    package static let underlayName = "underlay"
    package static let worldAddresses = addresses("172.31.0.200", "fd00:31::200")
    package static let underlayPrefixLengths: [IPFamily: Int] = [.ipv4: 24, .ipv6: 64]

    /// All pods of all nodes; the daemon's `--cluster-cidr`.
    package static let clusterNetworks = networks("10.244.0.0/16", "fd00:10:244::/48")
    package static let serviceNetworks = networks("10.96.0.0/16", "fd00:10:96::/112")
    /// Where load balancers' and external addresses come from; the world reaches them through the first node.
    package static let externalNetworks = networks("192.0.2.0/24", "fd00:192::/112")
}

/// One node's share of the plan.
package struct NodePlan: Sendable, Hashable {
    /// 1 for the first node.
    package let number: Int

    package var name: String { "node\(number)" }
    /// The node's addresses on the underlay, IPv4 first.
    package var addresses: [IPAddress] { LabPlan.addresses("172.31.0.\(10 + number)", "fd00:31::\(10 + number)") }
    /// The ranges this node's pods get their addresses from, IPv4 first.
    package var podNetworks: [CIDR] { LabPlan.networks("10.244.\(number).0/24", "fd00:10:244:\(number)::/64") }
}

extension LabPlan {
    static func addresses(_ texts: String...) -> [IPAddress] { texts.compactMap { IPAddress($0) } }
    static func networks(_ texts: String...) -> [CIDR] { texts.compactMap { CIDR($0) } }
}

extension Sequence<IPAddress> {
    /// The first address of a family.
    package func first(_ family: IPFamily) -> IPAddress? { first { $0.family == family } }
}
