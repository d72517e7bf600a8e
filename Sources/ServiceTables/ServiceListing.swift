package import Frontends
package import NFTables
package import NetworkTypes

/// What a family's table in the kernel serves, as people want to see it.
package struct ServiceListing: Sendable {
    package struct Row: Sendable {
        package let frontend: Frontend
        /// `namespace/name:port` of the Service.
        package let owner: String
        /// The chain that its connections go to: `pick-3`.
        package let shape: String
        package let backendCount: Int
        /// How many of them outsiders get, this node's; nil where they get all.
        package let localCount: Int?
        /// Empty where they were not read.
        package let backends: [Backend]
        package let localBackends: [Backend]
        /// Who may connect; empty for everybody.
        package let sources: [AddressRange]
        /// How long a client keeps its backend; nil where every connection chooses anew.
        package let affinitySeconds: UInt32?
    }

    /// In no order.
    package let rows: [Row]

    package static func table(_ family: IPFamily) -> TableID { TableLayout(family: family).table }

    /// The sets of connections' counters, by what their keys are of.
    package static let counterSets = [TableLayout.counted, TableLayout.countedNodePorts]

    /// Whether a listing needs the elements of a set.
    ///
    /// - Parameter withBackends: it lists every one of them.
    package static func reads(_ set: String, withBackends: Bool) -> Bool {
        switch set {
        case TableLayout.endpoints, TableLayout.nodePortEndpoints: withBackends
        case TableLayout.endpointAddresses, TableLayout.counted, TableLayout.countedNodePorts, TableLayout.hairpin,
            TableLayout.recentSources, TableLayout.clusterIPs:
            false
        default: !TableLayout.isOfClients(set)
        }
    }

    package init(_ snapshot: TableSnapshot, _ family: IPFamily) {
        let kernel = KernelTable(snapshot, TableLayout(family: family))
        rows = kernel.frontends.map { frontend, state in
            Row(
                frontend: frontend, owner: state.comment, shape: state.inner.chainName,
                backendCount: state.backendCount, localCount: state.localCount, backends: state.slots,
                localBackends: state.localSlots, sources: state.sources,
                affinitySeconds: state.sticky.flatMap { kernel.sticky[$0]?.seconds })
        }
    }

    /// The frontend that an element of a counters' set counts for.
    package static func frontend(_ key: [UInt32], of set: String, _ family: IPFamily) -> Frontend? {
        Frontend(key: key[...], family, isNodePort: set == TableLayout.countedNodePorts)
    }
}

extension KernelTable.FrontendState {
    fileprivate var backendCount: Int { inner.isFixed ? 0 : sticky == nil ? Int(inner.count) : slots.count }

    fileprivate var localCount: Int? {
        if inner.kind == .stickyExternal { return localSlots.count }
        return local.map { $0.isFixed ? 0 : Int($0.count) }
    }
}
