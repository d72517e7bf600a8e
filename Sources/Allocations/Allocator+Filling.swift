import KubeModel
import NetworkTypes

// What Services get.
extension Allocator {
    /// Fills the slots of the Services that changed, of those that lost something, and of those that wait for something.
    mutating func assign(_ changed: Changed, _ outcome: inout Outcome) {
        let concerned = changed.services.union(changed.taken.map(\.holding.service)).union(waiting)
        var filled: [NamespacedName: Service] = [:]
        for service in concerned where wanting[service] == nil {
            waiting.remove(service)
            release(service, &outcome)
        }
        let losses = Dictionary(grouping: changed.taken) { $0.holding.service }
        for service in concerned.compactMap({ wanting[$0] }).sorted(by: Self.comesFirst) {
            let before = outcome.records.count
            let taken = losses[service.name] ?? []
            let new = fill(service, taken, isSent: changed.services.contains(service.name), &outcome)
            if changed.services.contains(service.name) {
                filled[service.name] = new
            } else if !taken.isEmpty || outcome.records.count > before {
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

    /// - Parameters:
    ///   - taken: what the Service just lost.
    ///   - isSent: it is in the delivery, and not only concerned.
    private mutating func fill(
        _ service: Service, _ taken: [(holding: Holding, by: ObjectID)], isSent: Bool, _ outcome: inout Outcome
    ) -> Service {
        var service = service
        let name = service.name
        let slots = service.slots(primary: primaryFamily, families: clusterFamilies, balanced: balancedFamilies)
        var given: [Holding] = []
        var new: [Holding] = []
        var exhausted: [Slot] = []
        var unserved: [Slot] = []
        for slot in slots {
            let old = book[name, slot]
            if var old, pool(of: old) != nil {
                if !old.isUsed {
                    old.isUsed = true
                    book.set(old)
                    new.append(old)
                }
                given.append(old)
                continue
            }
            guard pools.contains(where: { $0.kind == slot.kind }) else {
                unserved.append(slot)
                continue
            }
            let loss = taken.first { $0.holding.slot == slot }
            guard let value = free(slot, for: name) else {
                exhausted.append(slot)
                if let loss { outcome.notes.append(.moved(from: loss.holding, to: nil, by: loss.by)) }
                continue
            }
            let holding = Holding(service: name, slot: slot, value: value)
            remember(holding)
            given.append(holding)
            if let previous = loss?.holding ?? old {
                outcome.records.append(holding)
                outcome.notes.append(.moved(from: previous, to: value, by: loss?.by))
            } else {
                new.append(holding)
            }
        }
        outcome.records += new
        if !new.isEmpty { outcome.notes.append(.assigned(name, new)) }
        release(name, &outcome, besides: slots)
        let isNews = isSent || !waiting.contains(name)
        if isNews { outcome.notes += exhausted.map { .exhausted(name, $0) } }
        if exhausted.isEmpty { waiting.remove(name) } else { waiting.insert(name) }
        if let requested = service.unassigned.first?.requestedLoadBalancerIP {
            if let address = requestedAddress(of: service) {
                service.loadBalancerIPs = [address]
            } else {
                unserved.insert(.loadBalancerIP(requested.family), at: unserved.first?.kind.isClusterIP == true ? 1 : 0)
            }
        }
        // A load balancer's node ports are a means that nobody may need.
        if service.type == .loadBalancer { unserved.removeAll { $0.kind == .port } }
        if isSent, !unserved.isEmpty { outcome.notes.append(.unserved(name, unserved)) }
        return service.filled(with: given)
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

extension Slot.Kind {
    fileprivate var isClusterIP: Bool { if case .clusterIP = self { true } else { false } }
}
