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
}
