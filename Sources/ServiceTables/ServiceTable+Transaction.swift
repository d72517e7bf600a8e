import Frontends
import NFTables
import NetworkTypes

extension ServiceTable {
    /// How long an unused shape keeps its chain, in nanoseconds.
    ///
    /// At least one second: a packet may lie between two lookups for as long as its CPU is taken away. Longer, so that a
    /// Service that scales up and down finds its chains.
    static let idleShapeGrace: UInt64 = 5_000_000_000

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
        preparation.operations += repairs
        repairs = []
        alignNewPools()
        var delta = strays
        strays = ElementDelta(layout)
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
        var removals = Transaction()
        appendShapes(to: &preparation, removals: &removals, now: now)
        delta.append(to: &transaction, in: layout.table)
        transaction.operations += removals.operations
        markCommitted()
    }

    /// When an idle shape is due, in nanoseconds of the same clock; nil while none is idle.
    var nextDeadline: UInt64? {
        restlessShapes.compactMap { shapes[$0]?.idleSince }.min().map { $0 + Self.idleShapeGrace }
    }

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
    private func appendChangedSlots(_ frontend: Frontend, _ pool: BackendPool, _ delta: inout ElementDelta) {
        for slot in pool.changed.keys { appendSlot(frontend, slot, pool.committed(slot), pool.backend(slot), &delta) }
    }

    private func appendSlot(
        _ frontend: Frontend, _ slot: Int, _ old: Backend?, _ new: Backend?, _ delta: inout ElementDelta
    ) {
        guard old != new else { return }
        if old != nil { delta.deleteBackend(frontend, slot: slot) }
        if let new { delta.addBackend(frontend, slot: slot, new) }
    }

    /// Appends the frontend's own element and its counter where they change.
    private mutating func appendShape(_ frontend: Frontend, _ delta: inout ElementDelta) {
        guard var record = frontends[frontend] else { return }
        record.isChanged = false
        guard let desired = record.desired else {
            if let kernel = record.kernel {
                delta.deleteFrontend(frontend)
                if kernel.isCounted { delta.deleteCounter(frontend) }
                releaseShape(kernel.shape)
            }
            frontends[frontend] = nil
            return
        }
        let shape = Shape(frontend, desired.masquerade, backends: pools[desired.pool]?.count ?? 0)
        let comment = ownerComment(desired.owner)
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

    // MARK: shapes

    private mutating func useShape(_ shape: Shape) {
        shapes[shape, default: ShapeRecord()].uses += 1
        shapes[shape]?.idleSince = nil
        if shapes[shape]?.isInKernel == false { restlessShapes.insert(shape) }
    }

    private mutating func releaseShape(_ shape: Shape) {
        shapes[shape]?.uses -= 1
        if shapes[shape]?.uses == 0 { restlessShapes.insert(shape) }
    }

    private mutating func appendShapes(to transaction: inout Transaction, removals: inout Transaction, now: UInt64) {
        for shape in restlessShapes.sorted() {
            guard var record = shapes[shape] else { continue }
            if record.uses > 0 || shape == .refuse {
                if !record.isInKernel {
                    transaction.add(rules.chain(of: shape), in: layout.table)
                    transaction.operations.append(
                        .addVerdicts(layout.table, set: TableLayout.shapes, [VerdictElement(shape: shape)]))
                }
                record.isInKernel = true
                restlessShapes.remove(shape)
            } else if let idleSince = record.idleSince, now >= idleSince + Self.idleShapeGrace {
                removals.operations += [
                    .deleteVerdicts(layout.table, set: TableLayout.shapes, [VerdictElement(shape: shape)]),
                    .flushChain(layout.table, chain: shape.chainName),
                    .deleteChain(layout.table, chain: shape.chainName),
                ]
                restlessShapes.remove(shape)
                shapes[shape] = nil
                continue
            } else if record.idleSince == nil {
                record.idleSince = now
            }
            shapes[shape] = record
        }
    }

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
