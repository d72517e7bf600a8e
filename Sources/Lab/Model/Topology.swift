import NetworkTypes

/// The `ip -batch` lines that join a plan's namespaces, one script per namespace they run in.
///
/// A veth pair is created with both ends already in their namespaces: no link ever appears in the host's own.
struct Topology {
    let plan: LabPlan

    private var members: [(name: String, addresses: [IPAddress])] {
        plan.nodes.map { ($0.name, $0.addresses) } + [(LabPlan.worldName, LabPlan.worldAddresses)]
    }

    /// Every namespace of the bare lab, without its pods.
    var namespaces: [String] {
        ([LabPlan.underlayName] + members.map(\.name)).map { plan.namespace(of: $0) }
    }

    var createNamespaces: [String] { namespaces.map { "netns add \($0)" } }

    var createUnderlay: [String] {
        ["link add br0 type bridge", "link set br0 up", "link set lo up"]
            + members.flatMap { member in
                [
                    "link add \(member.name) type veth peer name eth0 netns \(plan.namespace(of: member.name))",
                    "link set \(member.name) master br0 up",
                ]
            }
    }

    func configure(_ node: NodePlan) -> [String] {
        up(node.addresses)
            + plan.nodes.filter { $0 != node }.flatMap { other in
                zip(other.podNetworks, other.addresses).map { "route add \($0) via \($1)" }
            }
            + LabPlan.worldAddresses.map { "route add default via \($0)" }
    }

    /// The world reaches pods through their nodes and every Service address through the first node.
    var configureWorld: [String] {
        let first = plan.nodes[0]
        return up(LabPlan.worldAddresses)
            + plan.nodes.flatMap { node in zip(node.podNetworks, node.addresses).map { "route add \($0) via \($1)" } }
            + [LabPlan.serviceNetworks, LabPlan.externalNetworks].flatMap { networks in
                zip(networks, first.addresses).map { "route add \($0) via \($1)" }
            }
    }

    private func up(_ addresses: [IPAddress]) -> [String] {
        ["link set lo up", "link set eth0 up"]
            + addresses.map { address in
                let length = LabPlan.underlayPrefixLengths[address.family] ?? 64
                return "addr add \(address)/\(length) dev eth0" + (address.family == .ipv6 ? " nodad" : "")
            }
    }
}
