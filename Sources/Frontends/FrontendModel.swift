package import KubeModel
import NetworkTypes

/// Decides which frontends and backends the cluster's objects ask for.
///
/// It holds the last version of each object in a compiled form and turns each new version into the steps that lead from
/// the old rules to the new ones. The work is in proportion to the object that changed: no step looks at all Services.
package struct FrontendModel {
    private let nodeName: String
    private var states: [NamespacedName: ServiceState] = [:]
    private var sliceOwners: [NamespacedName: NamespacedName] = [:]
    private var claims = Claims()
    private var localEndpoints: [IPAddress: Int] = [:]
    private var nextPool = 0
    private var changes: [FrontendChange] = []
    private var conflicts: [Frontend] = []

    /// Starts with no objects.
    ///
    /// - Parameter nodeName: endpoints with this `nodeName` are local.
    package init(nodeName: String) { self.nodeName = nodeName }

    /// Takes in one object's new version or its removal.
    package mutating func apply(_ change: ObjectChange) {
        switch change {
        case .set(.service(let service)): setService(service.name, CompiledService(service))
        case .set(.endpointSlice(let slice)): setSlice(slice)
        case .set(.endpoints(let endpoints)):
            setEndpoints(endpoints.name, EndpointContribution(endpoints, nodeName: nodeName))
        case .set(.node), .set(.serviceCIDR): break
        case .removed(let id):
            switch id.kind {
            case .service: setService(id.name, nil)
            case .endpointSlice: removeSlice(id.name)
            case .endpoints: setEndpoints(id.name, nil)
            case .node, .serviceCIDR: break
            }
        }
    }

    /// Takes in a whole set of objects, endpoints before Services, so that each pool is made complete.
    package mutating func apply(_ changes: [ObjectChange]) {
        for change in changes where !change.isService { apply(change) }
        for change in changes where change.isService { apply(change) }
    }

    /// Hands over the steps since the last call.
    package mutating func takeChanges() -> [FrontendChange] {
        defer { changes = [] }
        return changes
    }

    /// Hands over the frontends that a Service claimed beside another since the last call.
    package mutating func takeConflicts() -> [Frontend] {
        defer { conflicts = [] }
        return conflicts
    }

    /// The Services that claim a frontend, the one that serves it first.
    package func claimants(of frontend: Frontend) -> [NamespacedName] { claims.services(of: frontend) }

    private mutating func setService(_ name: NamespacedName, _ compiled: CompiledService?) {
        let old = states[name]?.compiled
        let gonePools = states[name, default: ServiceState()].setPorts(
            compiled?.ports ?? [],
            { family in
                nextPool += 1
                return PoolID(nextPool, family)
            }, &changes)
        let pools = states[name]?.pools ?? [:]
        for entry in compiled?.entries ?? [] {
            guard let pool = pools[entry.port] else { continue }
            let policy = FrontendPolicy(pool: pool, masquerade: entry.masquerade, owner: entry.owner)
            let claim = Claim(service: name, creationTimestamp: compiled?.creationTimestamp, policy: policy)
            let outcome = claims.set(entry.frontend, claim)
            if let inForce = outcome.changedTo { changes.append(.frontendSet(entry.frontend, inForce)) }
            if outcome.claimants > 1 { conflicts.append(entry.frontend) }
        }
        if let old, !old.entries.isEmpty {
            let kept = Set(compiled?.entries.map(\.frontend) ?? [])
            for entry in old.entries where !kept.contains(entry.frontend) {
                let outcome = claims.remove(entry.frontend, name)
                if outcome.isGone { changes.append(.frontendRemoved(entry.frontend)) }
                if let inForce = outcome.changedTo { changes.append(.frontendSet(entry.frontend, inForce)) }
            }
        }
        changes += gonePools.map { .poolRemoved($0) }
        states[name]?.compiled = compiled
        forgetIfEmpty(name)
    }

    private mutating func setSlice(_ slice: EndpointSlice) {
        if let owner = sliceOwners[slice.name], owner != slice.service { removeSlice(slice.name) }
        guard let service = slice.service else { return }
        sliceOwners[slice.name] = service
        let contribution = EndpointContribution(slice, nodeName: nodeName)
        countLocal(states[service]?.slice(slice.name.name), contribution)
        states[service, default: ServiceState()].setSlice(slice.name.name, contribution, &changes)
    }

    private mutating func removeSlice(_ name: NamespacedName) {
        guard let service = sliceOwners.removeValue(forKey: name) else { return }
        countLocal(states[service]?.slice(name.name), nil)
        states[service]?.setSlice(name.name, nil, &changes)
        forgetIfEmpty(service)
    }

    private mutating func setEndpoints(_ service: NamespacedName, _ contribution: EndpointContribution?) {
        countLocal(states[service]?.endpoints, contribution)
        states[service, default: ServiceState()].setEndpoints(contribution, &changes)
        forgetIfEmpty(service)
    }

    private mutating func countLocal(_ old: EndpointContribution?, _ new: EndpointContribution?) {
        compare(old?.localAddresses ?? [], new?.localAddresses ?? []) { address in
            let count = (localEndpoints[address] ?? 1) - 1
            localEndpoints[address] = count == 0 ? nil : count
            if count == 0 { changes.append(.localEndpointRemoved(address)) }
        } added: { address in
            let count = (localEndpoints[address] ?? 0) + 1
            localEndpoints[address] = count
            if count == 1 { changes.append(.localEndpointAdded(address)) }
        }
    }

    private mutating func forgetIfEmpty(_ service: NamespacedName) {
        if states[service]?.isEmpty == true { states[service] = nil }
    }
}

extension ObjectChange {
    fileprivate var isService: Bool {
        switch self {
        case .set(.service): true
        case .removed(let id): id.kind == .service
        default: false
        }
    }
}
