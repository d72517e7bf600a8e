import Frontends
import NFTables
import NetworkTypes

extension ServiceTable {
    /// Builds the operations that lead from what the kernel has to what it should have, and takes them as committed.
    ///
    /// Where the commit fails after all, the table is started anew from a dump.
    ///
    /// - Parameters:
    ///   - preparation: takes what must be in force before `transaction` is: the fixed parts and new shapes' chains.
    ///   - now: nanoseconds of a monotonic clock.
    mutating func appendChanges(
        to transaction: inout Transaction, preparation: inout Transaction, now: UInt64
    ) {
        if isSettled { return }
        alignNewPools()
        var delta = strays
        strays = emptyDelta
        // A frontend that changed itself is compared slot by slot below, whatever happened to its pool.
        for id in changedPools {
            guard let pool = pools[id] else { continue }
            for frontend in pool.frontends where frontends[frontend]?.isChanged == false {
                let isLocal = frontends[frontend]?.desired?.local == id
                appendChangedSlots(frontend, pool, from: isLocal ? TableLayout.localSlots : 0, &delta)
                appendShape(frontend, &delta)
            }
        }
        for frontend in changedFrontends { appendChanged(frontend, &delta) }
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
        // What rules of the preparation look for comes with them.
        var early = emptyDelta
        for index in ranges.indices where !ranges[index].isSettled { ranges[index].appendChanges(to: &early) }
        var additions = Transaction()
        var removals = Transaction()
        let (table, rules) = (layout.table, rules)
        shapes.appendChanges(in: table, additions: &additions, removals: &removals, now: now) { shape in
            let element = [VerdictElement(shape: shape)]
            return .init(
                chain: rules.chain(of: shape),
                entrance: shape.entrances.map { .addVerdicts(table, set: $0, element) },
                exit: shape.entrances.map { .deleteVerdicts(table, set: $0, element) })
        }
        // No packet of before meets a table that comes to be: its chains and its content come together, so that there is
        // no moment without content.
        transaction.operations += creation
        if creation.isEmpty {
            preparation.operations += repairs + additions.operations
            early.append(to: &preparation, in: layout.table)
        } else {
            transaction.operations += additions.operations
            early.append(to: &transaction, in: layout.table)
        }
        creation = []
        repairs = []
        delta.append(to: &transaction, in: layout.table)
        transaction.operations += removals.operations
        markCommitted()
    }

    /// Nothing has changed since the last transaction, and nothing waits for its time.
    private var isSettled: Bool {
        changedFrontends.isEmpty && changedPools.isEmpty && retiredPools.isEmpty && repairs.isEmpty && creation.isEmpty
            && hairpin.isSettled && clusterIPs.isSettled && ranges.allSatisfy(\.isSettled) && strays.isEmpty
            && shapes.isSettled
    }

    /// When the next transaction is due although nothing changed, in nanoseconds of the same clock; nil for never.
    var nextDeadline: UInt64? { shapes.nextDeadline }

    /// New pools take the slots that the kernel has for their frontends, so that an adopted table changes little.
    private mutating func alignNewPools() {
        var aligned: Set<PoolID> = []
        for frontend in changedFrontends {
            guard let record = frontends[frontend], let kernel = record.kernel, let desired = record.desired else {
                continue
            }
            align(desired.pool, with: kernel.pool, &aligned)
            if let local = desired.local, let old = kernel.localPool { align(local, with: old, &aligned) }
        }
    }

    private mutating func align(_ pool: PoolID, with kernel: PoolID, _ aligned: inout Set<PoolID>) {
        guard kernel != pool, let old = pools[kernel], old.committedCount > 0, pools[pool]?.isNew == true,
            aligned.insert(pool).inserted
        else { return }
        pools[pool]?.align(with: (0..<old.committedCount).compactMap { old.committed($0) })
    }

    private mutating func appendChanged(_ frontend: Frontend, _ delta: inout ElementDelta) {
        guard let record = frontends[frontend] else { return }
        appendChangedSlots(frontend, record.kernel?.pool, record.desired?.pool, from: 0, &delta)
        appendChangedSlots(
            frontend, record.kernel?.localPool, record.desired?.local, from: TableLayout.localSlots, &delta)
        appendShape(frontend, &delta)
    }

    /// Appends what leads from the slots that the kernel has of one pool to those of another.
    private mutating func appendChangedSlots(
        _ frontend: Frontend, _ old: PoolID?, _ new: PoolID?, from first: Int, _ delta: inout ElementDelta
    ) {
        let (oldPool, newPool) = (old.flatMap { pools[$0] }, new.flatMap { pools[$0] })
        if old == new {
            if let newPool { appendChangedSlots(frontend, newPool, from: first, &delta) }
            return
        }
        for slot in 0..<max(oldPool?.committedCount ?? 0, newPool?.count ?? 0) {
            appendSlot(frontend, first + slot, oldPool?.committed(slot), newPool?.backend(slot), &delta)
        }
    }

    /// Appends the slots of one pool that changed since its last commit.
    private mutating func appendChangedSlots(
        _ frontend: Frontend, _ pool: BackendPool, from first: Int, _ delta: inout ElementDelta
    ) {
        for slot in pool.changed.keys {
            appendSlot(frontend, first + slot, pool.committed(slot), pool.backend(slot), &delta)
        }
    }

    private mutating func appendSlot(
        _ frontend: Frontend, _ slot: Int, _ old: Backend?, _ new: Backend?, _ delta: inout ElementDelta
    ) {
        guard old != new else { return }
        if let old {
            delta.deleteBackend(frontend, slot: slot)
            backendCount -= 1
            if frontend.proto != .tcp { lose(frontend, old) }
        }
        if let new {
            delta.addBackend(frontend, slot: slot, new)
            backendCount += 1
        }
    }

    /// The frontend's elements as they should be, its counter apart.
    func wanted(_ frontend: Frontend, _ policy: FrontendPolicy) -> KernelState {
        let inner = Shape(frontend, policy, backends: pools[policy.pool]?.count ?? 0)
        let local = inner.hasLocal ? policy.local : nil
        return KernelState(
            shape: policy.sources.isEmpty ? inner : .check, checked: policy.sources.isEmpty ? nil : inner,
            local: local.map { Shape(frontend, localBackends: pools[$0]?.count ?? 0) }, sources: policy.sources,
            pool: policy.pool, localPool: policy.local, comment: ElementComment.fitting(policy.owner), isCounted: true)
    }

    /// Appends the frontend's own elements and its counter where they change.
    private mutating func appendShape(_ frontend: Frontend, _ delta: inout ElementDelta) {
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
        delta.changeSources(frontend, from: old?.sources ?? [], to: new?.sources ?? [])
        if new != nil, old?.isCounted != true { delta.addCounter(frontend) }
        if new == nil, old?.isCounted == true { delta.deleteCounter(frontend) }
        if old?.shape != new?.shape || old?.checked != new?.checked || old?.local != new?.local {
            for shape in new?.shapes ?? [] { shapes.use(shape) }
            for shape in old?.shapes ?? [] { shapes.release(shape) }
        }
        if new == nil, old != nil { lose(frontend, nil) }
        record.kernel = new
        frontends[frontend] = new == nil ? nil : record
    }

    /// Notes that a frontend loses a backend, unless that only moved to another slot, or that it goes itself.
    private mutating func lose(_ frontend: Frontend, _ backend: Backend?) {
        guard frontend.proto != .tcp else { return }
        if let backend, let policy = frontends[frontend]?.desired,
            policy.pools.contains(where: { pools[$0]?.contains(backend) == true })
        {
            return
        }
        losses.append(FrontendLoss(frontend: frontend, backend: backend))
    }

    private mutating func markCommitted() {
        for id in changedPools { pools[id]?.markCommitted() }
        for frontend in changedFrontends {
            for pool in frontends[frontend]?.desired?.pools ?? [] where pools[pool]?.isNew == true {
                pools[pool]?.markCommitted()
            }
        }
        for id in retiredPools { pools[id] = nil }
        changedFrontends = []
        changedPools = []
        retiredPools = []
    }
}
