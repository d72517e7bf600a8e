import Frontends
import NFTables
import NetworkTypes

/// One family's table as it should be, beside what of it the kernel does not have yet.
///
/// Changes are noted where they happen (a frontend, a slot of a pool), and a transaction is built from the notes alone:
/// it costs what changed, however large the table is.
struct ServiceTable {
    /// A frontend as it should be and as the kernel has it.
    struct FrontendRecord {
        var desired: FrontendPolicy?
        var kernel: KernelState?
        var isChanged = false
        /// Found in the kernel, and no readable object claims it (yet).
        var isHeld = false
    }

    struct KernelState {
        var shape: Shape
        var pool: PoolID
        var comment: String
        var isCounted: Bool
    }

    struct ShapeRecord {
        var uses = 0
        /// Its chain and its verdict element exist in the kernel.
        var isInKernel = false
        /// When it was last used, in nanoseconds of a monotonic clock; nil while it is.
        var idleSince: UInt64?
    }

    let layout: TableLayout
    let rules: TableRules
    var pools: [PoolID: BackendPool] = [:]
    var frontends: [Frontend: FrontendRecord] = [:]
    var shapes: [Shape: ShapeRecord] = [:]
    /// Shapes that the kernel lacks or that nothing uses.
    var restlessShapes: Set<Shape> = []
    var hairpin: [IPAddress: (desired: Bool, kernel: Bool)] = [:]
    var strays: ElementDelta
    var changedFrontends: [Frontend] = []
    var changedPools: Set<PoolID> = []
    var changedHairpin: [IPAddress] = []
    var retiredPools: [PoolID] = []
    /// Operations that mend the table's fixed parts, sent with the next transaction.
    var repairs: [Transaction.Operation] = []
    private var heldHairpin: Set<IPAddress> = []
    /// Pools made of what the kernel has count downwards from -1, beside the rules' own.
    private var nextHeld: Int
    /// Whether what is found in the kernel and not claimed stays.
    private(set) var isHolding: Bool

    /// Starts from what the kernel has; all of it is held until it is claimed or released.
    ///
    /// - Parameter firstHeld: below all pool numbers that were given to found pools before.
    init(_ family: IPFamily, _ options: ServiceTableOptions, kernel snapshot: TableSnapshot?, firstHeld: Int = -1) {
        nextHeld = firstHeld
        layout = TableLayout(family: family)
        rules = TableRules(family: family, options: options)
        strays = ElementDelta(layout)
        isHolding = true
        let structure = TableStructure(layout, rules)
        switch structure.compare(snapshot) {
        case .create(let operations): repairs = operations
        case .adopt(let operations, let shapes):
            repairs = operations
            adopt(KernelTable(snapshot ?? TableSnapshot(), layout), shapes)
        }
        shapes[.refuse, default: ShapeRecord()].isInKernel = true
    }

    private mutating func adopt(_ kernel: KernelTable, _ found: Set<Shape>) {
        for shape in found {
            shapes[shape, default: ShapeRecord()].isInKernel = true
            restlessShapes.insert(shape)
        }
        strays = kernel.strays
        for (frontend, state) in kernel.frontends {
            let id = PoolID(nextHeld, layout.family)
            nextHeld -= 1
            var pool = BackendPool(state.slots)
            pool.markCommitted()
            pool.frontends = [frontend]
            pools[id] = pool
            frontends[frontend] = FrontendRecord(
                desired: FrontendPolicy(pool: id, masquerade: state.shape.masquerade, owner: state.comment),
                kernel: KernelState(
                    shape: state.shape, pool: id, comment: state.comment,
                    isCounted: kernel.counted.contains(frontend)),
                isHeld: true)
            shapes[state.shape, default: ShapeRecord()].uses += 1
            restlessShapes.insert(state.shape)
        }
        for address in kernel.hairpin { hairpin[address] = (desired: true, kernel: true) }
        heldHairpin = kernel.hairpin
    }

    mutating func apply(_ change: FrontendChange) {
        switch change {
        case .poolAdded(let id, let backends): pools[id] = BackendPool(backends)
        case .poolRemoved(let id): retiredPools.append(id)
        case .backendAdded(let id, let backend):
            pools[id]?.add(backend)
            changedPools.insert(id)
        case .backendRemoved(let id, let backend):
            pools[id]?.remove(backend)
            changedPools.insert(id)
        case .frontendSet(let frontend, let policy): set(frontend, policy)
        case .frontendRemoved(let frontend): set(frontend, nil)
        case .localEndpointAdded(let address):
            heldHairpin.remove(address)
            setHairpin(address, true)
        case .localEndpointRemoved(let address): setHairpin(address, false)
        }
    }

    private mutating func set(_ frontend: Frontend, _ policy: FrontendPolicy?) {
        var record = frontends[frontend] ?? FrontendRecord()
        if let old = record.desired {
            // Only what the same Service had: its unreadable slices may name these backends, another Service's do not.
            if record.isHeld, isHolding, let policy, old.owner == ownerComment(policy.owner) {
                for backend in pools[old.pool]?.slots ?? [] { pools[policy.pool]?.hold(backend) }
                changedPools.insert(policy.pool)
            }
            pools[old.pool]?.frontends.removeAll { $0 == frontend }
            if record.isHeld { retiredPools.append(old.pool) }
        }
        if let policy { pools[policy.pool]?.frontends.append(frontend) }
        record.desired = policy
        record.isHeld = false
        if !record.isChanged { changedFrontends.append(frontend) }
        record.isChanged = true
        frontends[frontend] = record
    }

    private mutating func setHairpin(_ address: IPAddress, _ desired: Bool) {
        hairpin[address, default: (desired: false, kernel: false)].desired = desired
        changedHairpin.append(address)
    }

    /// Lets go of everything that was found in the kernel and that no object has claimed.
    mutating func release() {
        guard isHolding else { return }
        isHolding = false
        for (frontend, record) in frontends where record.isHeld { set(frontend, nil) }
        for (id, pool) in pools where pool.hasHeldBackends {
            pools[id]?.releaseHeld()
            changedPools.insert(id)
        }
        for address in heldHairpin { setHairpin(address, false) }
        heldHairpin = []
    }

    /// The same desired state beside another kernel state, after a commit failed.
    ///
    /// What this table holds stays held; whatever else the kernel has and this table does not want goes.
    func rebased(onto snapshot: TableSnapshot?) -> ServiceTable {
        var table = ServiceTable(layout.family, rules.options, kernel: snapshot, firstHeld: nextHeld)
        table.isHolding = false
        let found = table.frontends.keys
        for (id, pool) in pools where !retiredPools.contains(id) { table.pools[id] = pool.asNew }
        for (frontend, record) in frontends {
            guard let desired = record.desired else { continue }
            table.set(frontend, desired)
            table.frontends[frontend]?.isHeld = record.isHeld
        }
        for frontend in found where frontends[frontend]?.desired == nil { table.set(frontend, nil) }
        for address in table.heldHairpin { table.setHairpin(address, false) }
        for (address, state) in hairpin where state.desired { table.setHairpin(address, true) }
        table.heldHairpin = heldHairpin
        table.isHolding = isHolding
        return table
    }
}
