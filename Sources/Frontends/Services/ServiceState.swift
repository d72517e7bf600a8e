import KubeModel
import NetworkTypes

/// One Service, or what is known about it before it exists: its pools and all that contribute endpoints to it.
struct ServiceState {
    struct Pool {
        let key: PoolKey
        let id: PoolID
    }

    private struct Slice {
        let name: String
        var contribution: EndpointContribution
    }

    var compiled: CompiledService?
    /// Sorted by key; so few that looking through them is faster than hashing names.
    private var pools: [Pool] = []
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
    var hintedSlices: [EndpointSlice] { slices.flatMap(\.contribution.hinted) }

    /// What other endpoints lead to.
    struct Outcome {
        /// What the same object contributed before.
        var old: EndpointContribution?
        /// Somebody may connect to the Service.
        var isServed: Bool
        /// Load balancers ask for it.
        var isAskedFor: Bool
        /// Only this node's endpoints serve some of its connections.
        var isLocalToSome: Bool
        /// Policies may have changed.
        var isTurned = false
        /// The object names other ports than before.
        var hasOtherPorts = false
    }

    mutating func setSlice(
        _ name: String, _ contribution: EndpointContribution?, _ changes: inout [FrontendChange]
    ) -> Outcome {
        setSlice(slices.firstIndex { $0.name == name }, name, contribution, &changes)
    }

    /// The same for a slice that is known; nil for another.
    mutating func replaceSlice(
        _ name: String, _ contribution: EndpointContribution, _ changes: inout [FrontendChange]
    ) -> Outcome? {
        guard let index = slices.firstIndex(where: { $0.name == name }) else { return nil }
        return setSlice(index, name, contribution, &changes)
    }

    private mutating func setSlice(
        _ index: Int?, _ name: String, _ contribution: EndpointContribution?, _ changes: inout [FrontendChange]
    ) -> Outcome {
        var outcome = Outcome(
            old: index.map { slices[$0].contribution }, isServed: isServed,
            isAskedFor: compiled?.healthCheckPort != nil, isLocalToSome: compiled?.hasLocalTraffic == true)
        if outcome.old == contribution { return outcome }
        var touched = Self.ports(of: outcome.old, contribution)
        outcome.hasOtherPorts =
            outcome.old == nil
            || touched.count != 1 && outcome.old?.ports.map(\.key) != contribution?.ports.map(\.key)
        let isTheOnly = slices.count == (index == nil ? 0 : 1)
        if isTheOnly, index == nil || contribution == nil { touched += endpoints?.ports.map(\.key) ?? [] }
        outcome.isTurned = change(touched, &changes) { state in
            switch (index, contribution) {
            case (let index?, let new?): state.slices[index].contribution = new
            case (let index?, nil): state.slices.remove(at: index)
            case (nil, let new?): state.slices.append(Slice(name: name, contribution: new))
            case (nil, nil): break
            }
        }
        return outcome
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
        var outcome = Outcome(
            old: endpoints, isServed: isServed, isAskedFor: compiled?.healthCheckPort != nil,
            isLocalToSome: compiled?.hasLocalTraffic == true)
        let touched = slices.isEmpty ? Self.ports(of: endpoints, contribution) : []
        outcome.isTurned = change(touched, &changes) { $0.endpoints = contribution }
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
            let pool = Pool(key: key, id: makeID(key))
            changes.append(.poolAdded(pool.id, select(key.port)[key.scope].map(\.backend)))
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
        let isElsewhere = entry.scope == .local && !select(entry.port).cluster.isEmpty
        return FrontendPolicy(
            pool: pools[pool].id, masquerade: entry.masquerade,
            local: entry.keepsOutsidersLocal ? index(of: entry.port, .local).map { pools[$0].id } : nil,
            affinity: affinities.isEmpty ? nil : affinities[entry.port], whenEmpty: isElsewhere ? .drop : .refuse,
            sources: entry.sources, owner: entry.owner)
    }

    /// The endpoints of a port, sorted by backend, none twice.
    func endpoints(of port: PortKey) -> [PortEndpoint] {
        switch slices.count {
        case 0: endpoints?.endpoints(of: port) ?? []
        case 1: slices[0].contribution.endpoints(of: port)
        default: EndpointContribution.merged(slices.flatMap { $0.contribution.endpoints(of: port) })
        }
    }

    /// The ports of slices that no port of the Service joins.
    var unmatchedPorts: [(slice: String, port: PortKey)] {
        guard let compiled, isServed else { return [] }
        let known = compiled.ports
        return slices.flatMap { slice in
            slice.contribution.ports.map(\.key).filter { key in
                !known.contains { $0.name == key.name && $0.proto == key.proto }
            }.map { (slice.name, $0) }
        }
    }

    /// The endpoints of a port that answer: ready ones, and others that serve still.
    func answering(_ port: PortKey) -> Set<Backend> {
        Set(endpoints(of: port).filter(\.answers).map(\.backend))
    }

    /// The port has endpoints to choose from, but not on this node.
    func hasLocalGap(_ port: PortKey) -> Bool {
        let selection = select(port)
        return selection.local.isEmpty && !selection.cluster.isEmpty
    }

    private func select(_ port: PortKey) -> EndpointSelection { EndpointSelection(endpoints(of: port)) }

    /// Changes who contributes endpoints to these ports, and emits what that means for their pools.
    ///
    /// - Returns: whether a port has endpoints now and had none, or the other way round.
    private mutating func change(
        _ ports: [PortKey], _ changes: inout [FrontendChange], _ body: (inout ServiceState) -> Void
    ) -> Bool {
        var before: [EndpointSelection] = []
        if !pools.isEmpty {
            before.reserveCapacity(ports.count)
            for port in ports { before.append(select(port)) }
        }
        body(&self)
        var isTurned = false
        for (position, old) in before.enumerated() where !ports[..<position].contains(ports[position]) {
            let (cluster, local) = (index(of: ports[position], .cluster), index(of: ports[position], .local))
            if cluster == nil && local == nil { continue }
            let new = select(ports[position])
            if let cluster { replace(cluster, old.cluster, new.cluster, &changes) }
            if let local { replace(local, old.local, new.local, &changes) }
            if old.cluster.isEmpty != new.cluster.isEmpty { isTurned = true }
        }
        return isTurned
    }

    private func replace(
        _ index: Int, _ old: [PortEndpoint], _ new: [PortEndpoint], _ changes: inout [FrontendChange]
    ) {
        let id = pools[index].id
        // First what comes: who keeps backends in a row moves the last one to where one leaves, and so a new one takes the
        // place of an old one and no third one moves.
        var removed: [Backend] = []
        compare(old, new, by: \.backend) {
            removed.append($0.backend)
        } added: {
            changes.append(.backendAdded(id, $0.backend))
        }
        for backend in removed { changes.append(.backendRemoved(id, backend)) }
    }
}
