package import NetworkTypes

/// What there is to give out; of what is missing here nothing is given out.
package struct AllocationRanges: Sendable, Hashable {
    /// The family of the first one is that of Services which ask for none.
    package var clusterIPs: [CIDR]
    package var loadBalancerIPs: [CIDR]
    package var nodePorts: ClosedRange<UInt16>?

    /// - Parameters: networks of which no two share an address.
    package init(
        clusterIPs: [CIDR] = [], loadBalancerIPs: [CIDR] = [], nodePorts: ClosedRange<UInt16>? = nil
    ) {
        self.clusterIPs = clusterIPs
        self.loadBalancerIPs = loadBalancerIPs
        self.nodePorts = nodePorts
    }

    package var isEmpty: Bool { clusterIPs.isEmpty && loadBalancerIPs.isEmpty && nodePorts == nil }
}
