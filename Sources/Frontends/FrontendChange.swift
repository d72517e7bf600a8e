package import NetworkTypes

/// One step from the rules as they were to the rules as they should be; steps are applied in order.
package enum FrontendChange: Sendable, Hashable {
    /// A pool comes to be, with these backends, none twice.
    case poolAdded(PoolID, [Backend])
    /// A pool ends; no frontend uses it any more once all changes are applied.
    case poolRemoved(PoolID)
    case backendAdded(PoolID, Backend)
    case backendRemoved(PoolID, Backend)
    /// The frontend exists from now on, or is served otherwise from now on.
    case frontendSet(Frontend, FrontendPolicy)
    case frontendRemoved(Frontend)
    /// An endpoint of this node came or went; its connections to itself through a Service are masqueraded.
    case localEndpointAdded(IPAddress)
    case localEndpointRemoved(IPAddress)
    /// Objects name endpoints of Services that have frontends, wherever and in whatever condition, or do no longer: these
    /// addresses, once for each object that names one.
    case endpointAddressesChanged(removed: [IPAddress], added: [IPAddress])
    /// Every endpoint's address has been told.
    case endpointAddressesComplete
    /// A Service has this cluster IP from now on, or has no longer: what else is sent there is refused.
    case clusterIPAdded(IPAddress)
    case clusterIPRemoved(IPAddress)
    /// The networks from which cluster IPs are given out: what is sent to an unused address of them is dropped.
    case serviceNetworksSet([CIDR])
    /// What the own Node says; nil while there is none.
    case nodeSet(NodeFacts?)
}

/// What rules depend on of the own Node.
package struct NodeFacts: Sendable, Hashable {
    /// The first address of each family: where node ports answer unless said otherwise.
    package let primaryAddresses: [IPAddress]
    package let podCIDRs: [CIDR]

    package init(primaryAddresses: [IPAddress], podCIDRs: [CIDR]) {
        self.primaryAddresses = primaryAddresses
        self.podCIDRs = podCIDRs
    }
}
