import Frontends
import NFTables
import NetworkTypes

extension ServiceTable {
    /// Builds the operations that lead from what the kernel has to what it should have, and takes them as committed.
    ///
    /// Where the commit fails after all, the table is started anew from a dump.
    ///
    /// - Parameters:
    ///   - preparation: takes what must be in force before `transaction` is: the fixed parts, new shapes' chains, and new ranges.
    ///   - beginning: takes what must be in force before `preparation` is: the sets and ranges that its rules look for. What is
    ///     added to a set of ranges is found from the end of the commit on only, when its rules are in force for a while
    ///     already (`nft_set_commit_update` in net/netfilter/nf_tables_api.c).
    ///   - now: nanoseconds of a monotonic clock.
    mutating func appendChanges(
        to transaction: inout Transaction, preparation: inout Transaction, beginning: inout Transaction, now: UInt64
    ) {
        if isSettled { return }
        alignNewPools()
        var delta = strays
        strays = emptyDelta
        var early = emptyDelta
        // Strays go with the last transaction: what takes a stray's place must not come before that.
        let hasStrays = !delta.isEmpty
        appendChangedPorts(&delta)
        // A frontend that changed itself is compared slot by slot below, whatever happened to its pool.
        for id in changedPools {
            guard let pool = pools[id] else { continue }
            for use in pool.uses {
                // Nearly always nothing but pools changed, and what is not looked at need not be in the processor's cache.
                if !changedFrontends.isEmpty, frontends[use.frontend]?.isChanged != false { continue }
                // A port with affinity has slots of its own.
                if pool.stickyPorts.isEmpty || frontends[use.frontend]?.kernel?.pool != nil {
                    let first = use.isForOutsiders ? TableLayout.localSlots : 0
                    pool.forEachChange { slot, before, after in
                        appendSlot(use.frontend, first + slot, before, after, &delta)
                    }
                }
                // What else a shape depends on is the frontend's own.
                if pool.count != pool.committed.count { appendShape(use.frontend, &delta) }
            }
        }
        for frontend in changedFrontends {
            if !hasStrays { appendFirstSources(frontend, &early) }
            appendChanged(frontend, &delta, hasSources: !hasStrays)
        }
        hairpin.takeChanges {
            delta.addHairpin($0)
        } delete: {
            delta.deleteHairpin($0)
        }
        clusterIPs.takeChanges {
            delta.addClusterIP($0)
        } delete: {
            delta.deleteClusterIP($0)
        }
        endpointAddresses.takeChanges {
            delta.addEndpointAddress($0)
        } delete: {
            delta.deleteEndpointAddress($0)
        }
        for index in ranges.indices where !ranges[index].isSettled { ranges[index].appendChanges(to: &early) }
        var additions = Transaction()
        var removals = Transaction()
        if !shapes.isSettled || !stickyMaps.isSettled {
            appendParts(additions: &additions, removals: &removals, now: now)
        }
        // No packet of before meets a table that comes to be: its chains and its content come together, so that there is
        // no moment without content.
        if creation.isEmpty {
            if repairs.isEmpty || early.isEmpty {
                preparation.append(repairs)
                preparation.append(additions.operations)
                if !early.isEmpty { early.append(to: &preparation, in: layout.table) }
            } else {
                let remade = Set(repairs.compactMap(\.deletedSet))
                let isFirst = { (operation: Transaction.Operation) in
                    operation.newSet.map { !remade.contains($0) } ?? false
                }
                beginning.append(repairs.filter(isFirst))
                early.append(to: &beginning, in: layout.table)
                preparation.append(repairs.filter { !isFirst($0) })
                preparation.append(additions.operations)
            }
        } else {
            transaction.append(creation)
            transaction.append(additions.operations)
            early.append(to: &transaction, in: layout.table)
        }
        creation = []
        repairs = []
        delta.append(to: &transaction, in: layout.table)
        transaction.append(removals.operations)
        markCommitted()
    }

    /// Appends what makes and ends the chains of shapes and the maps of ports with affinity.
    private mutating func appendParts(additions: inout Transaction, removals: inout Transaction, now: UInt64) {
        // Chains name the maps, which end after them.
        var lastRemovals = Transaction()
        let (layout, rules, ports) = (layout, rules, stickyPorts)
        stickyMaps.appendChanges(additions: &additions, removals: &lastRemovals, now: now) { number in
            layout.map(of: number, seconds: ports[number]?.affinity.seconds ?? 0)
        }
        shapes.appendChanges(additions: &additions, removals: &removals, now: now) { shape in
            rules.part(of: shape, in: layout.table)
        }
        removals.append(lastRemovals.operations)
    }

    /// Nothing has changed since the last transaction, and nothing waits for its time.
    private var isSettled: Bool {
        changedFrontends.isEmpty && changedPools.isEmpty && retiredPools.isEmpty && repairs.isEmpty && creation.isEmpty
            && hairpin.isSettled && clusterIPs.isSettled && endpointAddresses.isSettled
            && ranges.allSatisfy(\.isSettled) && strays.isEmpty
            && shapes.isSettled && stickyMaps.isSettled && changedPorts.isEmpty
    }

    /// There is no table to adopt, and none has been made.
    var isNew: Bool { if case .addTable? = creation.first { true } else { false } }

    /// When the next transaction is due although nothing changed, in nanoseconds of the same clock; nil for never.
    var nextDeadline: UInt64? {
        [shapes.nextDeadline, stickyMaps.nextDeadline].compactMap(\.self).min()
    }

    /// New pools take the slots that the kernel has for their frontends, so that an adopted table changes little.
    private mutating func alignNewPools() {
        var aligned: Set<PoolID> = []
        for number in changedPorts {
            for side in StickySide.allCases {
                guard let side = stickyPorts[number]?[side], let new = side.desired, let old = side.kernel else {
                    continue
                }
                align(new, with: old, &aligned)
            }
        }
        for frontend in changedFrontends {
            guard let record = frontends[frontend], let kernel = record.kernel, let desired = record.desired else {
                continue
            }
            if let old = kernel.pool { align(desired.pool, with: old, &aligned) }
            if let local = desired.local, let old = kernel.localPool { align(local, with: old, &aligned) }
        }
    }

    private mutating func align(_ pool: PoolID, with kernel: PoolID, _ aligned: inout Set<PoolID>) {
        guard kernel != pool, let old = pools[kernel], !old.committed.isEmpty, pools[pool]?.isNew == true,
            aligned.insert(pool).inserted
        else { return }
        pools[pool]?.align(with: old.committed)
    }

    /// Appends the ranges of a frontend that had none, so that they are there before anything leads to them.
    ///
    /// Others might overlap those that they replace.
    private func appendFirstSources(_ frontend: Frontend, _ early: inout ElementDelta) {
        guard let record = frontends[frontend], record.kernel?.sources.isEmpty ?? true,
            let new = record.desired?.sources
        else { return }
        early.changeSources(frontend, from: [], to: new)
    }

    /// - Parameter hasSources: whether its first ranges have been appended.
    private mutating func appendChanged(_ frontend: Frontend, _ delta: inout ElementDelta, hasSources: Bool) {
        guard let record = frontends[frontend] else { return }
        let own = record.desired.flatMap { stickyNumber(of: $0) == nil ? $0 : nil }
        for (old, new, first) in [
            (record.kernel?.pool, own?.pool, 0), (record.kernel?.localPool, own?.local, TableLayout.localSlots),
        ] where old != nil || new != nil {
            appendChangedSlots(
                frontend, from: old.flatMap { pools[$0] }, to: new.flatMap { pools[$0] }, first, &delta)
        }
        appendShape(frontend, &delta, hasSources: hasSources)
    }

    /// Appends what leads from the slots that the kernel has of one pool to those of another.
    private mutating func appendChangedSlots(
        _ frontend: Frontend, from old: BackendPool?, to new: BackendPool?, _ first: Int,
        _ delta: inout ElementDelta
    ) {
        BackendPool.forEachChange(from: old, to: new) { slot, before, after in
            appendSlot(frontend, first + slot, before, after, &delta)
        }
    }

    private mutating func appendSlot(
        _ frontend: Frontend, _ slot: Int, _ old: Backend?, _ new: Backend?, _ delta: inout ElementDelta
    ) {
        if old != nil {
            delta.deleteBackend(frontend, slot: slot)
            backendCount -= 1
        }
        if let new {
            delta.addBackend(frontend, slot: slot, new)
            backendCount += 1
        }
    }

    /// The frontend's elements as they should be, its counter apart.
    func wanted(_ frontend: Frontend, _ policy: FrontendPolicy) -> KernelState {
        let sticky = stickyNumber(of: policy)
        let inner = Shape(frontend, policy, backends: pools[policy.pool]?.count ?? 0, sticky: sticky)
        let local = inner.hasLocal ? policy.local : nil
        return KernelState(
            shape: policy.sources.isEmpty ? inner : .check, checked: policy.sources.isEmpty ? nil : inner,
            local: local.map { Shape(frontend, localBackends: pools[$0]?.count ?? 0) }, sources: policy.sources,
            pool: sticky == nil ? policy.pool : nil, localPool: sticky == nil ? policy.local : nil,
            comment: ElementComment.fitting(policy.owner), isCounted: true)
    }

    /// Appends the frontend's own elements and its counter where they change.
    private mutating func appendShape(_ frontend: Frontend, _ delta: inout ElementDelta, hasSources: Bool = false) {
        guard var record = frontends[frontend] else { return }
        record.isChanged = false
        let old = record.kernel
        let new = record.desired.map { wanted(frontend, $0) }
        if old?.shape != new?.shape || old?.comment != new?.comment {
            if old != nil { delta.deleteFrontend(frontend) }
            if let new { delta.addFrontend(frontend, new.shape, comment: new.comment) }
        }
        delta.changeChecked(frontend, from: old?.checked, to: new?.checked)
        delta.changeLocal(frontend, from: old?.local, to: new?.local)
        let sources = (old: old?.sources ?? [], new: new?.sources ?? [])
        if !(hasSources && sources.old.isEmpty) {
            delta.changeSources(frontend, from: sources.old, to: sources.new)
        }
        if new != nil, old?.isCounted != true { delta.addCounter(frontend) }
        if new == nil, old?.isCounted == true { delta.deleteCounter(frontend) }
        if old?.shape != new?.shape || old?.checked != new?.checked || old?.local != new?.local {
            new?.forEachShape { shapes.use($0) }
            old?.forEachShape { shapes.release($0) }
        }
        record.kernel = new
        frontends[frontend] = new == nil ? nil : record
    }

    private mutating func markCommitted() {
        markPoolsCommitted()
        for frontend in changedFrontends {
            guard let desired = frontends[frontend]?.desired else { continue }
            markNewCommitted(desired.pool)
            if let local = desired.local { markNewCommitted(local) }
        }
        for id in retiredPools { pools[id] = nil }
        changedFrontends = []
        retiredPools = []
    }

    private mutating func markNewCommitted(_ id: PoolID) {
        guard let index = pools.index(forKey: id), pools.values[index].isNew else { return }
        pools.values[index].markCommitted()
    }
}

extension Transaction.Operation {
    fileprivate var newSet: String? { if case .addSet(_, let set) = self { set.name } else { nil } }
    fileprivate var deletedSet: String? { if case .deleteSet(_, let set) = self { set } else { nil } }
}

extension Transaction {
    /// Nearly always there is nothing to append.
    fileprivate mutating func append(_ more: [Operation]) { if !more.isEmpty { operations += more } }
}
