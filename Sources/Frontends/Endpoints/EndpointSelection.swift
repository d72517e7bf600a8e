/// Which of a Service port's endpoints answer on this node, for those who may be sent anywhere in the cluster and for
/// those who may be sent to this node's endpoints only.
///
/// Both lists fall back on their own to endpoints that are going and serve still (KEP-1669). Hints count only where
/// every ready endpoint has them and one is meant for here (KEP-2433, KEP-3015); they do not touch the local list.
struct EndpointSelection: Equatable {
    /// Sorted, none twice.
    private(set) var cluster: [PortEndpoint] = []
    /// Sorted, none twice.
    private(set) var local: [PortEndpoint] = []

    /// - Parameter endpoints: all of the port, sorted by backend, none twice.
    init(_ endpoints: [PortEndpoint]) {
        // Nearly always all are ready, none is here and none has hints.
        if endpoints.allSatisfy({ $0.traits == .ready }) {
            cluster = endpoints
            return
        }
        let ready = endpoints.filter { $0.traits.contains(.ready) }
        let draining = ready.count == endpoints.count ? [] : endpoints.filter { $0.traits.contains(.drains) }
        cluster = ready.isEmpty ? draining : Self.near(ready)
        local = Self.local(ready)
        if local.isEmpty { local = Self.local(draining) }
    }

    subscript(scope: PoolKey.Scope) -> [PortEndpoint] { scope == .cluster ? cluster : local }

    private static func local(_ endpoints: [PortEndpoint]) -> [PortEndpoint] {
        endpoints.filter { $0.traits.contains(.local) }
    }

    private static func near(_ ready: [PortEndpoint]) -> [PortEndpoint] {
        for (hint, here) in [
            (PortEndpoint.Traits.hasNodeHint, PortEndpoint.Traits.isForThisNode), (.hasZoneHint, .isForThisZone),
        ] {
            // Nearly always the first endpoint has none.
            guard ready.allSatisfy({ $0.traits.contains(hint) }) else { continue }
            let chosen = ready.filter { $0.traits.contains(here) }
            if !chosen.isEmpty { return chosen }
        }
        return ready
    }
}
