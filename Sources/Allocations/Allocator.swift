package import KubeModel
import NetworkTypes

/// Decides which addresses and node ports Services get that name none, where no API server does.
///
/// A Service keeps what it has for its life, and gets it again when it comes back, unless somebody needed it meanwhile. What
/// an object names is never given to another, and taken from whoever was given it. The first try is a hash of the Service's
/// name, so that nodes with the same objects arrive at the same values as long as no two names collide.
package struct Allocator {
    var pools: [Pool]
    let primaryFamily: IPFamily
    let clusterFamilies: Set<IPFamily>
    let balancedFamilies: Set<IPFamily>
    var book = HoldingBook()
    /// The Services that leave something to others, as they were sent.
    var wanting: [NamespacedName: Service] = [:]
    /// What objects name, as far as it lies in a pool.
    private var named: [ObjectID: [PoolValue]] = [:]
    /// The Services for which there was nothing left.
    var waiting: Set<NamespacedName> = []
    /// Deliveries before the initial state was whole: what comes later may name what would have been given out.
    private var early: [[ObjectChange]] = []
    /// Every Service that is remembered was seen, or is known to be gone.
    private var isSettled = false

    struct PoolValue {
        let pool: Int
        let value: UInt128
    }

    /// What a Service had been given, and an object names now.
    struct Loss {
        let holding: Holding
        let by: ObjectID
    }

    /// What a delivery leads to.
    package struct Outcome {
        /// What is to be delivered in its stead.
        package var update: SourceUpdate
        /// What is to be remembered before that; the last for a slot counts.
        package var records: [Holding] = []
        package var notes: [AllocationNote] = []
    }

    /// - Parameter remembered: what was given out before, in the order in which it was recorded.
    package init(_ ranges: AllocationRanges, remembered: [Holding] = []) {
        pools =
            ranges.clusterIPs.map { Pool(.clusterIP($0.family), $0, reserves: true) }
            + ranges.loadBalancerIPs.map { Pool(.loadBalancerIP($0.family), $0, reserves: false) }
        if let ports = ranges.nodePorts { pools.append(Pool(ports)) }
        primaryFamily = ranges.clusterIPs.first?.family ?? .ipv4
        clusterFamilies = Set(ranges.clusterIPs.map(\.family))
        balancedFamilies = Set(ranges.loadBalancerIPs.map(\.family))
        for holding in remembered { remember(holding) }
        forgetOldest()
    }

    /// All that is remembered, in an order in which it can be remembered again.
    package var holdings: [Holding] { book.all }

    /// Takes in a delivery.
    package mutating func take(_ update: SourceUpdate) -> Outcome {
        guard update.complete else {
            early.append(update.changes)
            return Outcome(
                update: SourceUpdate(
                    changes: [], complete: false, unreadable: update.unreadable,
                    unreadableObjects: update.unreadableObjects))
        }
        var outcome = Outcome(update: update)
        if !early.isEmpty {
            outcome.update.changes = ObjectChange.folded(early + [update.changes])
            early = []
        }
        let changed = note(outcome.update.changes)
        if !changed.isEmpty { assign(changed, &outcome) }
        if !isSettled, update.unreadable == 0 {
            isSettled = true
            for service in book.services where wanting[service] == nil { release(service, &outcome) }
        }
        return outcome
    }

    // MARK: what objects name

    /// What a delivery changes.
    struct Changed {
        /// Services that were sent.
        var services: Set<NamespacedName> = []
        /// What was taken from Services that had been given it.
        var losses: [Loss] = []
        /// Other objects name other values than before.
        var isFreed = false

        var isEmpty: Bool { services.isEmpty && losses.isEmpty && !isFreed }
    }

    /// Takes note of what objects name and want.
    private mutating func note(_ changes: [ObjectChange]) -> Changed {
        var changed = Changed()
        for change in changes {
            switch change {
            case .set(.service(let service)):
                changed.services.insert(service.name)
                wanting[service.name] = service.unassigned.isEmpty ? nil : service
                setNamed(change.id, poolValues(of: service), &changed)
            case .set(.node(let node)): setNamed(change.id, node.addresses.flatMap(poolValues), &changed)
            case .removed(let id) where id.kind == .service || id.kind == .node:
                if id.kind == .service {
                    changed.services.insert(id.name)
                    wanting[id.name] = nil
                }
                setNamed(id, [], &changed)
            case .set, .removed: break
            }
        }
        return changed
    }

    private mutating func setNamed(_ id: ObjectID, _ values: [PoolValue], _ changed: inout Changed) {
        let old = named[id] ?? []
        if old.isEmpty && values.isEmpty { return }
        named[id] = values.isEmpty ? nil : values
        for new in values {
            pools[new.pool].name(new.value)
            guard let holder = pools[new.pool].holder(of: new.value) else { continue }
            if let holding = drop(holder.service, holder.slot) { changed.losses.append(Loss(holding: holding, by: id)) }
        }
        for gone in old { pools[gone.pool].unname(gone.value) }
        if !old.isEmpty { changed.isFreed = true }
    }

    private func poolValues(of service: Service) -> [PoolValue] {
        if service.type == .externalName || service.isHeadless { return [] }
        var addresses = service.clusterIPs + service.externalIPs + service.loadBalancerIPs
        if let requested = requestedAddress(of: service) { addresses.append(requested) }
        var ports = service.ports.map(\.nodePort)
        ports.append(service.healthCheckNodePort)
        return addresses.flatMap(poolValues)
            + ports.filter { $0 != 0 }.flatMap { poolValues(.port, UInt128($0)) }
    }

    private func poolValues(of address: IPAddress) -> [PoolValue] {
        poolValues(.clusterIP(address.family), address.value)
            + poolValues(.loadBalancerIP(address.family), address.value)
    }

    private func poolValues(_ kind: Slot.Kind, _ value: UInt128) -> [PoolValue] {
        pools.indices.filter { pools[$0].kind == kind && pools[$0].contains(value) }
            .map { PoolValue(pool: $0, value: value) }
    }

    /// The load balancer IP that a Service asks for, where it is one of those that are given out.
    func requestedAddress(of service: Service) -> IPAddress? {
        guard let requested = service.unassigned.first?.requestedLoadBalancerIP else { return nil }
        return poolValues(.loadBalancerIP(requested.family), requested.value).isEmpty ? nil : requested
    }

    // MARK: what is remembered

    func pool(of holding: Holding) -> Int? {
        pools.firstIndex { $0.kind == holding.slot.kind && $0.contains(holding.value) }
    }

    /// Takes note of what a Service has; the last value for a slot, and the last slot for a value, count.
    mutating func remember(_ holding: Holding) {
        drop(holding.service, holding.slot)
        if let pool = pool(of: holding) {
            if let other = pools[pool].holder(of: holding.value) { drop(other.service, other.slot) }
            pools[pool].setHolder(of: holding.value, Pool.Holder(service: holding.service, slot: holding.slot))
        }
        book.set(holding)
    }

    @discardableResult
    mutating func drop(_ service: NamespacedName, _ slot: Slot) -> Holding? {
        guard let holding = book.remove(service, slot) else { return nil }
        if let pool = pool(of: holding) { pools[pool].setHolder(of: holding.value, nil) }
        return holding
    }

    /// Keeps what a Service had in force, for when it comes back, but for these slots.
    mutating func release(_ service: NamespacedName, _ outcome: inout Outcome, besides slots: [Slot] = []) {
        for var holding in book.holdings(of: service) where holding.isUsed && !slots.contains(holding.slot) {
            holding.isUsed = false
            book.set(holding)
            outcome.records.append(holding)
        }
        forgetOldest()
    }

    mutating func forgetOldest() { for holding in book.surplus { drop(holding.service, holding.slot) } }
}
