package import Frontends
package import NetworkTypes

/// What the rules depend on besides the cluster's objects.
package struct ServiceTableOptions: Sendable, Hashable {
    /// Who counts as a pod: its connections to a cluster IP are not masqueraded.
    package enum LocalDetection: Sendable, Hashable {
        /// Sources in the cluster's pod networks; in a family without one nobody is masqueraded.
        case clusterCIDRs([CIDR])
        /// Sources in the own Node's pod networks.
        case nodePodCIDRs
        /// What comes by this bridge.
        case bridge(String)
        /// What comes by interfaces whose names begin so.
        case interfacePrefix(String)
    }

    /// On which of the node's addresses node ports answer; never on loopback.
    package enum NodePortAddresses: Sendable, Hashable {
        /// The own Node's first of each family; all while the Node is not known.
        case primary
        /// Those in these networks; in a family without a network all.
        case networks([CIDR])
    }

    package var localDetection: LocalDetection
    /// All connections to cluster IPs are masqueraded.
    package var masqueradesAll: Bool
    /// One bit of the packet mark, set between the choice of a backend and postrouting.
    package var masqueradeMark: UInt32
    package var nodePortAddresses: NodePortAddresses
    /// Networks from which cluster IPs are given out, beside those of ServiceCIDR objects.
    package var serviceCIDRs: [CIDR]
    /// What conntrack calls INVALID is dropped between clients and endpoints: let through, it would pass as it is, under an
    /// address that the other side never asked, and be answered with a reset that ends the connection.
    package var dropsInvalid: Bool
    /// Nobody else may change the tables while the connection that made them is open (`NFT_TABLE_F_OWNER`, kernel 6.9).
    package var ownsTables: Bool
    /// Kernels before 6.17 can miss a key that one transaction deletes and adds again, so they look it up twice.
    package var repeatsDispatch: Bool

    package init(
        localDetection: LocalDetection = .clusterCIDRs([]), masqueradesAll: Bool = false,
        masqueradeMark: UInt32 = 1 << 14, nodePortAddresses: NodePortAddresses = .primary, serviceCIDRs: [CIDR] = [],
        dropsInvalid: Bool = true, ownsTables: Bool = false, repeatsDispatch: Bool = false
    ) {
        self.localDetection = localDetection
        self.masqueradesAll = masqueradesAll
        self.masqueradeMark = masqueradeMark
        self.nodePortAddresses = nodePortAddresses
        self.serviceCIDRs = serviceCIDRs
        self.dropsInvalid = dropsInvalid
        self.ownsTables = ownsTables
        self.repeatsDispatch = repeatsDispatch
    }
}

/// What the small sets of ranges hold, in one family.
extension ServiceTableOptions {
    /// The sources that are pods; nil where sources are not what tells.
    func localSources(_ family: IPFamily, _ node: NodeFactsInFamily) -> [AddressRange]? {
        switch localDetection {
        case .clusterCIDRs(let cidrs): Self.ranges(cidrs, family)
        case .nodePodCIDRs: Self.ranges(node.podCIDRs, family)
        case .bridge, .interfacePrefix: nil
        }
    }

    /// The addresses of a family on which node ports answer, loopback's apart.
    ///
    /// - Parameter node: nil while the own Node is not known.
    package func nodePortRanges(_ family: IPFamily, _ node: NodeFacts?) -> [AddressRange] {
        nodeAddresses(family, NodeFactsInFamily(node, family))
    }

    func nodeAddresses(_ family: IPFamily, _ node: NodeFactsInFamily) -> [AddressRange] {
        let ranges =
            switch nodePortAddresses {
            case .primary: node.primaryAddress.map { [AddressRange($0.value, $0.value)] } ?? []
            case .networks(let cidrs): Self.ranges(cidrs, family)
            }
        return ranges.isEmpty ? [.everything(family)] : ranges
    }

    func serviceNetworks(_ family: IPFamily, _ objects: [CIDR]) -> [AddressRange] {
        Self.ranges(serviceCIDRs + objects, family)
    }

    private static func ranges(_ cidrs: [CIDR], _ family: IPFamily) -> [AddressRange] {
        AddressRange.merged(cidrs.filter { $0.family == family }.map(AddressRange.init))
    }
}

/// What one family's table depends on of the own Node.
struct NodeFactsInFamily: Hashable {
    var primaryAddress: IPAddress?
    var podCIDRs: [CIDR] = []

    init() {}

    init(_ facts: NodeFacts?, _ family: IPFamily) {
        primaryAddress = facts?.primaryAddresses.first { $0.family == family }
        podCIDRs = facts?.podCIDRs ?? []
    }
}
