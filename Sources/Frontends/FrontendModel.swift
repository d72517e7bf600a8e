package import KubeModel
import NetworkTypes

/// Decides which frontends and backends the cluster's objects ask for.
///
/// It holds the last version of each object in a compiled form and turns each new version into the steps that lead from
/// the old rules to the new ones. The work is in proportion to the Service whose object changed: no step looks at all
/// Services, but for one of the own Node that changes what is near.
package struct FrontendModel {
    private var location: Location
    private(set) var states: [NamespacedName: ServiceState] = [:]
    private var sliceOwners: [NamespacedName: NamespacedName] = [:]
    private var claims = Claims()
    private var localEndpoints = AddressCount()
    private var clusterIPs = AddressCount()
    /// What endpoints were before and after each change whose addresses have not been told yet.
    private var untold: [(old: EndpointContribution?, new: EndpointContribution?)] = []
    private var networks: [String: [CIDR]] = [:]
    private var node: NodeFacts?
    private var nextPool = 0
    private var nextAffinity = 0
    private var changes: [FrontendChange] = []
    private var contests = Contests()
    private var staleFlows: Set<Frontend> = []
    /// The Services of which load balancers may have to be told something else.
    private var askedFor: Set<NamespacedName> = []
    private var isNodeTold = true
    /// What only this node's endpoints may serve, and there are none; nobody has asked for the last change where it is new.
    private var localGaps = LocalGaps()
    private var areLocalGapsNew = false
    /// The Services of which a slice named a port that they do not have, when it or they came.
    var mismatched: Set<NamespacedName> = []

    /// Starts with no objects.
    ///
    /// - Parameter nodeName: endpoints with this `nodeName` are local.
    package init(nodeName: String) { location = Location(nodeName: nodeName) }

    /// Takes in one object's new version or its removal.
    package mutating func apply(_ change: ObjectChange) {
        switch change {
        case .set(.service(let service)): setService(service.name, compiled(service))
        case .set(.endpointSlice(let slice)): setSlice(slice)
        case .set(.endpoints(let endpoints)):
            setEndpoints(endpoints.name, EndpointContribution(endpoints, location))
        case .set(.node(let node)): if node.name == location.nodeName { setNode(node) }
        case .set(.serviceCIDR(let object)): setNetworks(object.name, object.cidrs)
        case .removed(let id):
            switch id.kind {
            case .service: setService(id.name, nil)
            case .endpointSlice: removeSlice(id.name)
            case .endpoints: setEndpoints(id.name, nil)
            case .node: if id.name.name == location.nodeName { setNode(nil) }
            case .serviceCIDR: setNetworks(id.name.name, nil)
            }
        }
    }

    /// Takes in a whole set of objects, each once: endpoints before their Service, so that each pool is made complete.
    package mutating func apply(_ changes: [ObjectChange]) {
        if changes.count == 1 { return apply(changes[0]) }
        var pieces = ObjectPieces(changes)
        while pieces.takePiece({ apply($0) }) {}
    }

    /// Hands over the steps since the last call.
    package mutating func takeChanges() -> [FrontendChange] {
        defer { changes = [] }
        return changes
    }

    /// Hands over the UDP and SCTP frontends that came, went, became another Service's or lost an endpoint that answered,
    /// since the last call: their clients' flows may be stale.
    package mutating func takeStaleFlows() -> Set<Frontend> {
        defer { staleFlows = [] }
        return staleFlows
    }

    /// Hands over what load balancers are told otherwise since the last call, and what the own Node says by now; nil where
    /// neither may have changed.
    package mutating func takeHealthChecks() -> HealthCheckChanges? {
        guard !askedFor.isEmpty || !isNodeTold else { return nil }
        defer { (askedFor, isNodeTold) = ([], true) }
        return HealthCheckChanges(
            checks: Dictionary(uniqueKeysWithValues: askedFor.map { ($0, states[$0]?.healthCheck) }), node: node)
    }

    /// Hands over what only this node's endpoints may serve, and there are none; nil where that is as at the last call.
    package mutating func takeLocalGaps() -> LocalGaps? {
        guard areLocalGapsNew else { return nil }
        areLocalGapsNew = false
        return localGaps
    }

    /// There are endpoints' addresses that have not been told.
    package var hasUntoldAddresses: Bool { !untold.isEmpty }

    /// Hands over the endpoints' addresses that came and went since the last call.
    ///
    /// They are apart from the other steps, because nobody waits for them and there are many.
    ///
    /// - Parameter limit: the rest is kept when there are so many.
    package mutating func takeAddressChanges(limit: Int = .max) -> [FrontendChange] {
        var removed: [IPAddress] = []
        var added: [IPAddress] = []
        var told = 0
        while told < untold.count, removed.count + added.count < limit {
            let (old, new) = untold[told]
            told += 1
            compare(old?.addresses ?? [], new?.addresses ?? []) {
                removed.append($0)
            } added: {
                added.append($0)
            }
        }
        if told == untold.count { untold = [] } else { untold.removeFirst(told) }
        let change = FrontendChange.endpointAddressesChanged(removed: removed, added: added)
        return [change] + (untold.isEmpty ? [.endpointAddressesComplete] : [])
    }

    /// Hands over the frontends that a Service claimed beside another since the last call.
    package mutating func takeContests() -> [Contest] {
        contests.take(claims.services)
    }

    /// The Services that claim a frontend, the one that serves it first.
    package func claimants(of frontend: Frontend) -> [NamespacedName] { claims.services(of: frontend) }

    /// The endpoints that answer a frontend's connections still, wherever new ones go; nil where nobody claims it.
    package func answering(_ frontend: Frontend) -> Set<Backend>? {
        guard let service = claimants(of: frontend).first, let state = states[service],
            let entry = state.compiled?.entries.first(where: { $0.frontend == frontend })
        else { return nil }
        return state.answering(entry.port)
    }

    // MARK: Services

    private func compiled(_ service: Service) -> CompiledService {
        CompiledService(service, nodeAddresses: node?.primaryAddresses ?? [])
    }

    private mutating func setService(_ name: NamespacedName, _ compiled: CompiledService?) {
        // Taken out while it is worked on: each look for a name costs as much as many a step here.
        var state = states.removeValue(forKey: name) ?? ServiceState()
        let old = state.compiled
        let wasServed = state.isServed
        let gonePools = state.setPools(
            compiled?.pools ?? [],
            { key in
                nextPool += 1
                return PoolID(nextPool, key.port.family, isLocal: key.scope == .local)
            }, &changes)
        state.setAffinity(of: compiled) {
            nextAffinity += 1
            return nextAffinity
        }
        state.compiled = compiled
        if old?.healthCheckPort != nil || compiled?.healthCheckPort != nil { askedFor.insert(name) }
        if state.isServed != wasServed {
            for contribution in state.contributions {
                untold.append(wasServed ? (contribution, nil) : (nil, contribution))
            }
        }
        setPolicies(name, state)
        if old?.hasLocalTraffic == true || compiled?.hasLocalTraffic == true { noteGaps(name, state) }
        if !state.unmatchedPorts.isEmpty { mismatched.insert(name) }
        if !state.isEmpty { states[name] = state }
        if let old, !old.entries.isEmpty {
            let kept = Set(compiled?.entries.map(\.frontend) ?? [])
            for entry in old.entries where !kept.contains(entry.frontend) {
                let outcome = claims.remove(entry.frontend, name)
                note(outcome, entry.frontend)
                if outcome.isGone { changes.append(.frontendRemoved(entry.frontend)) }
                if let inForce = outcome.changedTo { changes.append(.frontendSet(entry.frontend, inForce)) }
            }
        }
        changes += gonePools.map { .poolRemoved($0) }
        for address in compiled?.clusterIPs ?? [] where clusterIPs.add(address) {
            changes.append(.clusterIPAdded(address))
        }
        for address in old?.clusterIPs ?? [] where clusterIPs.remove(address) {
            changes.append(.clusterIPRemoved(address))
        }
    }

    /// Says how each frontend of a Service is served, where that changed.
    private mutating func setPolicies(_ name: NamespacedName, _ state: ServiceState) {
        guard let compiled = state.compiled else { return }
        for entry in compiled.entries {
            guard let policy = state.policy(of: entry) else { continue }
            let claim = Claim(service: name, creationTimestamp: compiled.creationTimestamp, policy: policy)
            let outcome = claims.set(entry.frontend, claim)
            note(outcome, entry.frontend)
            if let inForce = outcome.changedTo { changes.append(.frontendSet(entry.frontend, inForce)) }
            if outcome.isContested { contests.add(name, entry.frontend) }
        }
    }

    private mutating func noteGaps(_ name: NamespacedName, _ state: ServiceState) {
        if localGaps.set(name, state.localGaps) { areLocalGapsNew = true }
    }

    private mutating func note(_ outcome: Claims.Outcome, _ frontend: Frontend) {
        if frontend.proto != .tcp, outcome.isOfAnother { staleFlows.insert(frontend) }
    }

    private mutating func note(_ stalePorts: [PortKey], of service: NamespacedName) {
        if stalePorts.isEmpty { return }
        for entry in states[service]?.compiled?.entries ?? [] where stalePorts.contains(entry.port) {
            staleFlows.insert(entry.frontend)
        }
    }

    private mutating func forgetIfEmpty(_ service: NamespacedName) {
        if states[service]?.isEmpty == true { states[service] = nil }
    }

    // MARK: endpoints

    private mutating func setSlice(_ slice: EndpointSlice) {
        let contribution = EndpointContribution(slice, location)
        // Nearly always it was this Service's before.
        if let service = slice.service, let index = states.index(forKey: service),
            let outcome = states.values[index].replaceSlice(slice.name.name, contribution, &changes)
        {
            return take(outcome, contribution, of: service)
        }
        removeSlice(slice.name)
        guard let service = slice.service else { return }
        sliceOwners[slice.name] = service
        setSlice(service, slice.name.name, contribution)
    }

    private mutating func removeSlice(_ name: NamespacedName) {
        guard let service = sliceOwners.removeValue(forKey: name) else { return }
        setSlice(service, name.name, nil)
        forgetIfEmpty(service)
    }

    private mutating func setSlice(_ service: NamespacedName, _ name: String, _ contribution: EndpointContribution?) {
        let outcome = states[service, default: ServiceState()].setSlice(name, contribution, &changes)
        take(outcome, contribution, of: service)
    }

    private mutating func setEndpoints(_ service: NamespacedName, _ contribution: EndpointContribution?) {
        let outcome = states[service, default: ServiceState()].setEndpoints(contribution, &changes)
        take(outcome, contribution, of: service)
        forgetIfEmpty(service)
    }

    private mutating func take(
        _ outcome: ServiceState.Outcome, _ contribution: EndpointContribution?, of service: NamespacedName
    ) {
        countLocal(outcome.old, contribution)
        if outcome.isAskedFor { askedFor.insert(service) }
        if outcome.isServed { untold.append((outcome.old, contribution)) }
        note(EndpointContribution.silenced(from: outcome.old, to: contribution), of: service)
        if outcome.isTurned, let state = states[service] { setPolicies(service, state) }
        if outcome.isLocalToSome, let state = states[service] { noteGaps(service, state) }
        if outcome.hasOtherPorts, states[service]?.unmatchedPorts.isEmpty == false { mismatched.insert(service) }
    }

    private mutating func countLocal(_ old: EndpointContribution?, _ new: EndpointContribution?) {
        if old?.localAddresses.isEmpty != false, new?.localAddresses.isEmpty != false { return }
        compare(old?.localAddresses ?? [], new?.localAddresses ?? []) { address in
            if localEndpoints.remove(address) { changes.append(.localEndpointRemoved(address)) }
        } added: { address in
            if localEndpoints.add(address) { changes.append(.localEndpointAdded(address)) }
        }
    }

    // MARK: the cluster

    private mutating func setNode(_ new: Node?) {
        let facts = new.map { node in
            NodeFacts(
                primaryAddresses: IPFamily.allCases.compactMap { family in
                    node.addresses.first { $0.family == family }
                }, podCIDRs: node.podCIDRs)
        }
        if facts != node {
            changes.append(.nodeSet(facts))
            isNodeTold = false
        }
        let zone = new?.labels[Self.zoneLabel]
        if zone != location.zone {
            location.zone = zone
            for slice in states.values.flatMap(\.hintedSlices) { setSlice(slice) }
        }
        guard facts?.primaryAddresses != node?.primaryAddresses else {
            node = facts
            return
        }
        node = facts
        for (name, state) in states {
            if let service = state.compiled?.ranged.first { setService(name, compiled(service)) }
        }
    }

    private mutating func setNetworks(_ name: String, _ cidrs: [CIDR]?) {
        guard networks[name] != cidrs else { return }
        networks[name] = cidrs
        changes.append(.serviceNetworksSet(networks.sorted { $0.key < $1.key }.flatMap(\.value)))
    }

    private static let zoneLabel = "topology.kubernetes.io/zone"
}

/// How often addresses are named.
private struct AddressCount {
    private var counts: [IPAddress: Int] = [:]

    /// - Returns: whether it is the first.
    mutating func add(_ address: IPAddress) -> Bool {
        counts[address, default: 0] += 1
        return counts[address] == 1
    }

    /// - Returns: whether it was the last.
    mutating func remove(_ address: IPAddress) -> Bool {
        let count = (counts[address] ?? 1) - 1
        counts[address] = count == 0 ? nil : count
        return count == 0
    }
}
