import KubeModel
import NetworkTypes

/// One Service, or what is known about it before it exists: its pools and all that contribute endpoints to it.
struct ServiceState {
    struct Pool {
        let id: PoolID
        /// Sorted, none twice.
        var backends: [Backend]
    }

    var compiled: CompiledService?
    private var pools: [PoolKey: Pool] = [:]
    /// The ports of which some endpoint could be chosen, wherever it is.
    private var servedPorts: Set<PortKey> = []
    private var slices: [String: EndpointContribution] = [:]
    private(set) var endpoints: EndpointContribution?

    var isEmpty: Bool { compiled == nil && slices.isEmpty && endpoints == nil }

    /// Endpoints (v1) count only where no EndpointSlice names the Service.
    private var contributions: [EndpointContribution] {
        slices.isEmpty ? endpoints.map { [$0] } ?? [] : Array(slices.values)
    }

    /// What a slice contributes now.
    func slice(_ name: String) -> EndpointContribution? { slices[name] }

    /// The slices that have hints.
    var hintedSlices: [EndpointSlice] { slices.values.compactMap(\.hinted) }

    /// - Returns: whether policies may have changed with it.
    mutating func setSlice(
        _ name: String, _ contribution: EndpointContribution?, _ changes: inout [FrontendChange]
    ) -> Bool {
        let hadSlices = !slices.isEmpty
        let old = slices.removeValue(forKey: name)
        slices[name] = contribution
        if old == contribution { return false }
        var touched = (old?.ports.map(\.key) ?? []) + (contribution?.ports.map(\.key) ?? [])
        if hadSlices == slices.isEmpty { touched += endpoints?.ports.map(\.key) ?? [] }
        return refresh(touched, &changes)
    }

    /// - Returns: whether policies may have changed with it.
    mutating func setEndpoints(_ contribution: EndpointContribution?, _ changes: inout [FrontendChange]) -> Bool {
        let touched = (endpoints?.ports.map(\.key) ?? []) + (contribution?.ports.map(\.key) ?? [])
        endpoints = contribution
        return slices.isEmpty ? refresh(touched, &changes) : false
    }

    /// Makes the pools that are new; those that are gone are returned, to be removed last.
    mutating func setPools(
        _ keys: Set<PoolKey>, _ makeID: (IPFamily) -> PoolID, _ changes: inout [FrontendChange]
    ) -> [PoolID] {
        for key in keys.sorted() where pools[key] == nil {
            let pool = Pool(id: makeID(key.port.family), backends: backends(of: key))
            pools[key] = pool
            changes.append(.poolAdded(pool.id, pool.backends))
        }
        let gone = pools.keys.filter { !keys.contains($0) }.sorted()
        return gone.compactMap { pools.removeValue(forKey: $0)?.id }
    }

    /// How an entry of the Service is served at present; nil where a pool is missing.
    func policy(of entry: CompiledService.Entry) -> FrontendPolicy? {
        guard let pool = pools[PoolKey(port: entry.port, scope: entry.scope)] else { return nil }
        let isElsewhere = entry.scope == .local && servedPorts.contains(entry.port)
        return FrontendPolicy(
            pool: pool.id, masquerade: entry.masquerade,
            local: entry.keepsOutsidersLocal ? pools[PoolKey(port: entry.port, scope: .local)]?.id : nil,
            whenEmpty: isElsewhere ? .drop : .refuse, sources: entry.sources, owner: entry.owner)
    }

    private mutating func backends(of key: PoolKey) -> [Backend] {
        let selection = select(key.port)
        return key.scope == .cluster ? selection.cluster : selection.local
    }

    private mutating func select(_ port: PortKey) -> EndpointSelection {
        let parts = contributions.map { $0.endpoints(of: port) }.filter { !$0.isEmpty }
        let all = parts.count < 2 ? parts.first ?? [] : EndpointContribution.merged(Array(parts.joined()))
        let selection = EndpointSelection(all)
        if selection.cluster.isEmpty { servedPorts.remove(port) } else { servedPorts.insert(port) }
        return selection
    }

    /// Emits what other endpoints mean for the pools of these ports.
    ///
    /// - Returns: whether a port has endpoints now and had none, or the other way round.
    private mutating func refresh(_ ports: [PortKey], _ changes: inout [FrontendChange]) -> Bool {
        if pools.isEmpty { return false }
        var isTurned = false
        for port in Set(ports) {
            let cluster = PoolKey(port: port, scope: .cluster)
            let local = PoolKey(port: port, scope: .local)
            if pools[cluster] == nil && pools[local] == nil { continue }
            let wasServed = servedPorts.contains(port)
            let selection = select(port)
            replace(cluster, selection.cluster, &changes)
            replace(local, selection.local, &changes)
            if servedPorts.contains(port) != wasServed { isTurned = true }
        }
        return isTurned
    }

    private mutating func replace(_ key: PoolKey, _ new: [Backend], _ changes: inout [FrontendChange]) {
        guard let pool = pools[key] else { return }
        compare(pool.backends, new) {
            changes.append(.backendRemoved(pool.id, $0))
        } added: {
            changes.append(.backendAdded(pool.id, $0))
        }
        pools[key]?.backends = new
    }
}
