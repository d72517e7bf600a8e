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
                appendChangedSlots(frontend, pool, &delta)
                appendShape(frontend, &delta)
            }
        }
        for frontend in changedFrontends { appendChanged(frontend, &delta) }
        for address in changedHairpin { appendHairpin(address, &delta) }
        var additions = Transaction()
        var removals = Transaction()
        let (table, rules) = (layout.table, rules)
        shapes.appendChanges(in: table, additions: &additions, removals: &removals, now: now) { shape in
            let element = [VerdictElement(shape: shape)]
            return .init(
                chain: rules.chain(of: shape),
                entrance: [.addVerdicts(table, set: TableLayout.shapes, element)],
                exit: [.deleteVerdicts(table, set: TableLayout.shapes, element)])
        }
        // No packet of before meets a table that comes to be: its chains and its content come together, so that there is
        // no moment without content.
        transaction.operations += creation
        if creation.isEmpty {
            preparation.operations += repairs + additions.operations
        } else {
            transaction.operations += additions.operations
        }
        creation = []
        repairs = []
        delta.append(to: &transaction, in: layout.table)
        transaction.operations += removals.operations
        markCommitted()
    }

    /// Nothing has changed since the last transaction, and nothing waits for its time.
    private var isSettled: Bool {
        changedFrontends.isEmpty && changedPools.isEmpty && changedHairpin.isEmpty && retiredPools.isEmpty
            && repairs.isEmpty && creation.isEmpty && strays.isEmpty && shapes.isSettled
    }

    /// When the next transaction is due although nothing changed, in nanoseconds of the same clock; nil for never.
    var nextDeadline: UInt64? { shapes.nextDeadline }

    /// New pools take the slots that the kernel has for their frontends, so that an adopted table changes little.
    private mutating func alignNewPools() {
        var aligned: Set<PoolID> = []
        for frontend in changedFrontends {
            guard let record = frontends[frontend], let kernel = record.kernel, let desired = record.desired,
                kernel.pool != desired.pool, let old = pools[kernel.pool], old.committedCount > 0,
                pools[desired.pool]?.isNew == true, aligned.insert(desired.pool).inserted
            else { continue }
            pools[desired.pool]?.align(with: (0..<old.committedCount).compactMap { old.committed($0) })
        }
    }

    private mutating func appendChanged(_ frontend: Frontend, _ delta: inout ElementDelta) {
        guard let record = frontends[frontend] else { return }
        let old = record.kernel.flatMap { pools[$0.pool] }
        let new = record.desired.flatMap { pools[$0.pool] }
        if let kernel = record.kernel, kernel.pool == record.desired?.pool, let old {
            appendChangedSlots(frontend, old, &delta)
        } else {
            for slot in 0..<max(old?.committedCount ?? 0, new?.count ?? 0) {
                appendSlot(frontend, slot, old?.committed(slot), new?.backend(slot), &delta)
            }
        }
        appendShape(frontend, &delta)
    }

    /// Appends the slots of one pool that changed since its last commit.
    private mutating func appendChangedSlots(_ frontend: Frontend, _ pool: BackendPool, _ delta: inout ElementDelta) {
        for slot in pool.changed.keys { appendSlot(frontend, slot, pool.committed(slot), pool.backend(slot), &delta) }
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

    /// Appends the frontend's own element and its counter where they change.
    private mutating func appendShape(_ frontend: Frontend, _ delta: inout ElementDelta) {
        guard var record = frontends[frontend] else { return }
        record.isChanged = false
        guard let desired = record.desired else {
            if let kernel = record.kernel {
                lose(frontend, nil)
                delta.deleteFrontend(frontend)
                if kernel.isCounted { delta.deleteCounter(frontend) }
                releaseShape(kernel.shape)
            }
            frontends[frontend] = nil
            return
        }
        let shape = Shape(frontend, desired.masquerade, backends: pools[desired.pool]?.count ?? 0)
        let comment = ElementComment.fitting(desired.owner)
        if record.kernel?.shape != shape || record.kernel?.comment != comment {
            if record.kernel != nil { delta.deleteFrontend(frontend) }
            delta.addFrontend(frontend, shape, comment: comment)
        }
        if record.kernel?.isCounted != true { delta.addCounter(frontend) }
        if record.kernel?.shape != shape {
            useShape(shape)
            if let old = record.kernel?.shape { releaseShape(old) }
        }
        record.kernel = KernelState(shape: shape, pool: desired.pool, comment: comment, isCounted: true)
        frontends[frontend] = record
    }

    private mutating func appendHairpin(_ address: IPAddress, _ delta: inout ElementDelta) {
        guard let state = hairpin[address] else { return }
        if state.desired && !state.kernel { delta.addHairpin(address) }
        if !state.desired && state.kernel { delta.deleteHairpin(address) }
        hairpin[address] = state.desired ? (desired: true, kernel: true) : nil
    }

    /// Notes that a frontend loses a backend, unless that only moved to another slot, or that it goes itself.
    private mutating func lose(_ frontend: Frontend, _ backend: Backend?) {
        guard frontend.proto != .tcp else { return }
        if let backend, let pool = frontends[frontend]?.desired?.pool, pools[pool]?.contains(backend) == true { return }
        losses.append(FrontendLoss(frontend: frontend, backend: backend))
    }

    mutating func useShape(_ shape: Shape) { if shape != .refuse { shapes.use(shape) } }

    private mutating func releaseShape(_ shape: Shape) { if shape != .refuse { shapes.release(shape) } }

    private mutating func markCommitted() {
        for id in changedPools { pools[id]?.markCommitted() }
        for frontend in changedFrontends {
            if let pool = frontends[frontend]?.desired?.pool, pools[pool]?.isNew == true {
                pools[pool]?.markCommitted()
            }
        }
        for id in retiredPools { pools[id] = nil }
        changedFrontends = []
        changedPools = []
        changedHairpin = []
        retiredPools = []
    }
}
