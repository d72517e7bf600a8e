import KubeModel
import NetworkTypes

// What Services get.
extension Allocator {
    /// Fills the slots of the Services that changed, of those that lost something, and of those that wait for something.
    mutating func assign(_ changed: Changed, _ outcome: inout Outcome) {
        let concerned = changed.services.union(changed.losses.map(\.holding.service)).union(waiting)
        var filled: [NamespacedName: Service] = [:]
        for service in concerned where wanting[service] == nil {
            waiting.remove(service)
            release(service, &outcome)
        }
        let losses = Dictionary(grouping: changed.losses) { $0.holding.service }
        for service in concerned.compactMap({ wanting[$0] }).sorted(by: Self.comesFirst) {
            let before = outcome.records.count
            let own = losses[service.name] ?? []
            let new = fill(service, own, isSent: changed.services.contains(service.name), &outcome)
            if changed.services.contains(service.name) {
                filled[service.name] = new
            } else if !own.isEmpty || outcome.records.count > before {
                outcome.update.changes.append(.set(.service(new)))
            }
        }
        if filled.isEmpty { return }
        for index in outcome.update.changes.indices {
            guard case .set(.service(let service)) = outcome.update.changes[index] else { continue }
            if let new = filled[service.name] { outcome.update.changes[index] = .set(.service(new)) }
        }
    }

    /// As Services come first where several claim a frontend, so that all nodes give out in one order at a start.
    private static func comesFirst(_ a: Service, _ b: Service) -> Bool {
        switch (a.creationTimestamp, b.creationTimestamp) {
        case (let a?, let b?) where a != b: a < b
        case (nil, _?): false
        case (_?, nil): true
        default: a.name < b.name
        }
    }

    /// How a Service's slots were filled.
    private struct Filling {
        var given: [Holding] = []
        /// Those among them that it did not have before.
        var new: [Holding] = []
        /// Those that it has in another's stead.
        var moved: [Holding] = []
        var moves: [AllocationNote] = []
        var exhausted: [Slot] = []
        var unserved: [Slot] = []
    }

    /// - Parameters:
    ///   - losses: what the Service just lost.
    ///   - isSent: it is in the delivery, and not only concerned.
    private mutating func fill(
        _ service: Service, _ losses: [Loss], isSent: Bool, _ outcome: inout Outcome
    ) -> Service {
        let slots = service.slots(primary: primaryFamily, families: clusterFamilies, balanced: balancedFamilies)
        var filling = Filling()
        for slot in slots { fill(slot, of: service.name, losses.first { $0.holding.slot == slot }, &filling) }
        outcome.records += filling.moved + filling.new
        release(service.name, &outcome, besides: slots)
        var filled = service.filled(with: filling.given)
        if let requested = service.unassigned.first?.requestedLoadBalancerIP {
            if let address = requestedAddress(of: service) {
                filled.loadBalancerIPs = [address]
            } else {
                filling.unserved.append(.loadBalancerIP(requested.family))
            }
        }
        // A load balancer's node ports are a means that nobody may need.
        if service.type == .loadBalancer { filling.unserved.removeAll { $0.kind == .port } }
        outcome.notes += filling.moves
        if !filling.new.isEmpty { outcome.notes.append(.assigned(service.name, filling.new)) }
        if isSent || !waiting.contains(service.name) {
            outcome.notes += filling.exhausted.map { .exhausted(service.name, $0) }
        }
        if isSent, !filling.unserved.isEmpty { outcome.notes.append(.unserved(service.name, filling.unserved)) }
        if filling.exhausted.isEmpty { waiting.remove(service.name) } else { waiting.insert(service.name) }
        return filled
    }

    private mutating func fill(_ slot: Slot, of service: NamespacedName, _ loss: Loss?, _ filling: inout Filling) {
        let old = book[service, slot]
        if var old, pool(of: old) != nil {
            if !old.isUsed {
                old.isUsed = true
                book.set(old)
                filling.new.append(old)
            }
            filling.given.append(old)
            return
        }
        guard pools.contains(where: { $0.kind == slot.kind }) else { return filling.unserved.append(slot) }
        let previous = loss?.holding ?? old
        guard let value = free(slot, for: service) else {
            filling.exhausted.append(slot)
            if let loss { filling.moves.append(.moved(from: loss.holding, to: nil, by: loss.by)) }
            return
        }
        let holding = Holding(service: service, slot: slot, value: value)
        remember(holding)
        filling.given.append(holding)
        if let previous {
            filling.moved.append(holding)
            filling.moves.append(.moved(from: previous, to: value, by: loss?.by))
        } else {
            filling.new.append(holding)
        }
    }

    /// A value for a slot: one that nobody has, else the one that has been out of use the longest.
    private mutating func free(_ slot: Slot, for service: NamespacedName) -> UInt128? {
        let hash = FNV1a.hash("\(service) \(slot)")
        for pool in pools where pool.kind == slot.kind {
            if let value = pool.firstFree(from: hash) { return value }
        }
        guard let oldest = book.oldestUnused(slot.kind, where: { pool(of: $0) != nil }) else { return nil }
        drop(oldest.service, oldest.slot)
        return oldest.value
    }
}
