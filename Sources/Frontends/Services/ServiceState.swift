import KubeModel
import NetworkTypes

/// One Service, or what is known about it before it exists: its pools and all that contribute endpoints to it.
struct ServiceState {
    struct Pool {
        let key: PoolKey
        let id: PoolID
        /// Sorted, none twice.
        var backends: [Backend]
    }

    private struct Slice {
        let name: String
        var contribution: EndpointContribution
    }

    var compiled: CompiledService?
    /// Sorted by key; so few that looking through them is faster than hashing names.
    private var pools: [Pool] = []
    /// The ports of which some endpoint could be chosen, wherever it is.
    private var servedPorts: [PortKey] = []
    private var affinities: [PortKey: Affinity] = [:]
    /// Nearly always one, and few enough to look through.
    private var slices: [Slice] = []
    /// Endpoints (v1) count only where no EndpointSlice names the Service.
    private(set) var endpoints: EndpointContribution?

    var isEmpty: Bool { compiled == nil && slices.isEmpty && endpoints == nil }

    /// Somebody may connect to it, by an address that is not an endpoint's own.
    var isServed: Bool { compiled?.entries.isEmpty == false }

    /// All that names endpoints of it.
    var contributions: [EndpointContribution] { slices.map(\.contribution) + (endpoints.map { [$0] } ?? []) }

    /// The slices that have hints.
    var hintedSlices: [EndpointSlice] { slices.compactMap(\.contribution.hinted) }

    /// What other endpoints lead to.
    struct Outcome {
        /// What the same object contributed before.
        var old: EndpointContribution?
        /// Somebody may connect to the Service.
        var isServed: Bool
        /// Load balancers ask for it.
        var isAskedFor: Bool
        /// Policies may have changed.
        var isTurned = false
    }

    mutating func setSlice(
        _ name: String, _ contribution: EndpointContribution?, _ changes: inout [FrontendChange]
    ) -> Outcome {
        let hadSlices = !slices.isEmpty
        var outcome = Outcome(
            old: replace(name, contribution), isServed: isServed, isAskedFor: compiled?.healthCheckPort != nil)
        if outcome.old == contribution { return outcome }
        var touched = Self.ports(of: outcome.old, contribution)
        if hadSlices == slices.isEmpty { touched += endpoints?.ports.map(\.key) ?? [] }
        outcome.isTurned = refresh(touched, &changes)
        return outcome
    }

    /// - Returns: what the slice contributed before.
    private mutating func replace(_ name: String, _ contribution: EndpointContribution?) -> EndpointContribution? {
        guard let index = slices.firstIndex(where: { $0.name == name }) else {
            if let contribution { slices.append(Slice(name: name, contribution: contribution)) }
            return nil
        }
        guard var contribution else { return slices.remove(at: index).contribution }
        swap(&slices[index].contribution, &contribution)
        return contribution
    }

    /// The ports of either; those of both perhaps twice.
    private static func ports(of old: EndpointContribution?, _ new: EndpointContribution?) -> [PortKey] {
        // Nearly always one, and the same.
        if let old, let new, old.ports.count == 1, new.ports.count == 1, old.ports[0].key == new.ports[0].key {
            return [new.ports[0].key]
        }
        return (old?.ports.map(\.key) ?? []) + (new?.ports.map(\.key) ?? [])
    }

    mutating func setEndpoints(_ contribution: EndpointContribution?, _ changes: inout [FrontendChange]) -> Outcome {
        var outcome = Outcome(old: endpoints, isServed: isServed, isAskedFor: compiled?.healthCheckPort != nil)
        let touched = Self.ports(of: endpoints, contribution)
        endpoints = contribution
        outcome.isTurned = slices.isEmpty ? refresh(touched, &changes) : false
        return outcome
    }

    /// Makes the pools that are new; those that are gone are returned, to be removed last.
    ///
    /// - Parameter keys: sorted, none twice.
    mutating func setPools(
        _ keys: [PoolKey], _ makeID: (PoolKey) -> PoolID, _ changes: inout [FrontendChange]
    ) -> [PoolID] {
        if pools.elementsEqual(keys, by: { $0.key == $1 }) { return [] }
        var known = Dictionary(uniqueKeysWithValues: pools.map { ($0.key, $0) })
        pools = keys.map { key in
            if let pool = known.removeValue(forKey: key) { return pool }
            let pool = Pool(key: key, id: makeID(key), backends: backends(of: key))
            changes.append(.poolAdded(pool.id, pool.backends))
            return pool
        }
        return known.values.sorted { $0.key < $1.key }.map(\.id)
    }

    /// Gives each port an affinity of its own, or keeps the one that it has.
    ///
    /// - Parameter seconds: nil where every connection chooses anew.
    mutating func setAffinity(of compiled: CompiledService?, _ makeNumber: () -> Int) {
        guard let compiled, let seconds = compiled.affinitySeconds else {
            affinities = [:]
            return
        }
        let ports = compiled.ports
        let kept = Set(ports)
        affinities = affinities.filter { kept.contains($0.key) && $0.value.seconds == seconds }
        for port in ports where affinities[port] == nil {
            affinities[port] = Affinity(number: makeNumber(), seconds: seconds)
        }
    }

    private func index(of port: PortKey, _ scope: PoolKey.Scope) -> Int? {
        pools.firstIndex { $0.key.scope == scope && $0.key.port == port }
    }

    /// How an entry of the Service is served at present; nil where a pool is missing.
    func policy(of entry: CompiledService.Entry) -> FrontendPolicy? {
        guard let pool = index(of: entry.port, entry.scope) else { return nil }
        let isElsewhere = entry.scope == .local && servedPorts.contains(entry.port)
        return FrontendPolicy(
            pool: pools[pool].id, masquerade: entry.masquerade,
            local: entry.keepsOutsidersLocal ? index(of: entry.port, .local).map { pools[$0].id } : nil,
            affinity: affinities.isEmpty ? nil : affinities[entry.port], whenEmpty: isElsewhere ? .drop : .refuse,
            sources: entry.sources, owner: entry.owner)
    }

    private mutating func backends(of key: PoolKey) -> [Backend] {
        let selection = select(key.port)
        return key.scope == .cluster ? selection.cluster : selection.local
    }

    /// The endpoints of a port, sorted by backend, none twice.
    func endpoints(of port: PortKey) -> [PortEndpoint] {
        switch slices.count {
        case 0: endpoints?.endpoints(of: port) ?? []
        case 1: slices[0].contribution.endpoints(of: port)
        default: EndpointContribution.merged(slices.flatMap { $0.contribution.endpoints(of: port) })
        }
    }

    /// The endpoints of a port that answer: ready ones, and others that serve still.
    func answering(_ port: PortKey) -> Set<Backend> {
        Set(endpoints(of: port).filter(\.answers).map(\.backend))
    }

    private mutating func select(_ port: PortKey) -> EndpointSelection {
        let selection = EndpointSelection(endpoints(of: port))
        let served = servedPorts.firstIndex(of: port)
        switch (served, selection.cluster.isEmpty) {
        case (let index?, true): servedPorts.remove(at: index)
        case (nil, false): servedPorts.append(port)
        default: break
        }
        return selection
    }

    /// Emits what other endpoints mean for the pools of these ports.
    ///
    /// - Returns: whether a port has endpoints now and had none, or the other way round.
    private mutating func refresh(_ ports: [PortKey], _ changes: inout [FrontendChange]) -> Bool {
        if pools.isEmpty { return false }
        var isTurned = false
        for (position, port) in ports.enumerated() where !ports[..<position].contains(port) {
            let (cluster, local) = (index(of: port, .cluster), index(of: port, .local))
            if cluster == nil && local == nil { continue }
            let wasServed = servedPorts.contains(port)
            let selection = select(port)
            if let cluster { replace(cluster, selection.cluster, &changes) }
            if let local { replace(local, selection.local, &changes) }
            if servedPorts.contains(port) != wasServed { isTurned = true }
        }
        return isTurned
    }

    private mutating func replace(_ index: Int, _ new: [Backend], _ changes: inout [FrontendChange]) {
        let id = pools[index].id
        compare(pools[index].backends, new) {
            changes.append(.backendRemoved(id, $0))
        } added: {
            changes.append(.backendAdded(id, $0))
        }
        pools[index].backends = new
    }
}
