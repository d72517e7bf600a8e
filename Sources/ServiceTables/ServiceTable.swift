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
        var found: FoundFrontend?
    }

    /// Whose a frontend was when it was found, and with which port.
    struct FoundFrontend {
        let comment: String
        let sticky: StickyNumber?
    }

    struct KernelState {
        var shape: Shape
        /// The shape of those who may connect, where that is looked at.
        var checked: Shape?
        /// The shape of outsiders, where they are treated otherwise.
        var local: Shape?
        var sources: [AddressRange] = []
        /// Whose backends its own slots are; nil where its port's are chosen from.
        var pool: PoolID?
        var localPool: PoolID?
        var comment: String
        var isCounted: Bool

        /// The shape behind the look at sources.
        var inner: Shape { checked ?? shape }

        /// Hands over the shapes whose chains its elements lead to, those apart that are always there.
        func forEachShape(_ body: (Shape) -> Void) {
            for shape in [shape, checked, local] { if let shape, !shape.isFixed { body(shape) } }
            for shape in inner.next where !shape.isFixed { body(shape) }
        }
    }

    let layout: TableLayout
    let rules: TableRules
    var pools: [PoolID: BackendPool] = [:]
    var frontends: [Frontend: FrontendRecord] = [:]
    /// The chains that frontends of the same shape share; those that are always there are not among them.
    var shapes = TableParts<Shape>(grace: Self.idleShapeGrace)
    /// The maps of Services' ports with affinity.
    var stickyMaps = TableParts<StickyNumber>(grace: Self.idleShapeGrace)
    var stickyPorts: [StickyNumber: StickyPort] = [:]
    var stickyNumbers: [Affinity: StickyNumber] = [:]
    var stickyIDs = StickyIDs()
    /// Numbers are given in turn, so that one that ended is not soon another's.
    var lastStickyNumber: UInt32 = 0
    var changedPorts: Set<StickyNumber> = []
    /// The number of endpoint elements, with the next transaction committed.
    var backendCount = 0
    /// This node's endpoints.
    var hairpin: AddressSet
    var clusterIPs: AddressSet
    var endpointAddresses: AddressSet
    /// Every endpoint's address has been told once.
    private var hasAllAddresses = false
    var ranges = RangeSet.names.map(RangeSet.init)
    /// What the objects say that ranges follow from.
    private var node: NodeFactsInFamily?
    private var networks: [CIDR] = []
    var strays: ElementDelta
    var changedFrontends: [Frontend] = []
    /// Those that say of themselves that they are noted.
    private(set) var changedPools: [PoolID] = []
    var retiredPools: [PoolID] = []
    /// Operations that mend the table's fixed parts, sent before the next transaction.
    var repairs: [Transaction.Operation] = []
    /// Operations that make the table, in the stead of the one that is there: with them goes all of its content.
    var creation: [Transaction.Operation] = []
    /// In what the table was not as it should be when it was found, elements apart.
    private(set) var differences: [TableDifference] = []
    /// What the kernel refused to take, as it should be (nil: gone); it stays as the kernel has it.
    private(set) var refused: [Frontend: FrontendPolicy?] = [:]
    let emptyDelta: ElementDelta
    /// Pools made of what the kernel has count downwards from -1, beside the rules' own.
    var nextHeld: Int
    /// Whether what is found in the kernel and not claimed stays.
    private(set) var isHolding: Bool

    /// How long an unused shape keeps its chain, in nanoseconds: longer than a packet may lie between two lookups, so that
    /// a Service that scales up and down finds its chains.
    static let idleShapeGrace: UInt64 = 5_000_000_000

    /// Starts without a table in the kernel.
    ///
    /// - Parameter firstHeld: below all pool numbers that were given to found pools before.
    init(_ family: IPFamily, _ options: ServiceTableOptions, firstHeld: Int = -1) {
        nextHeld = firstHeld
        layout = TableLayout(family: family)
        rules = TableRules(family: family, options: options)
        hairpin = AddressSet(family)
        clusterIPs = AddressSet(family)
        endpointAddresses = AddressSet(family)
        emptyDelta = ElementDelta(layout)
        strays = emptyDelta
        isHolding = true
        creation = Self.creation(layout, rules)
        setRanges()
    }

    /// Starts from what the kernel has; all of it is held until it is claimed or released.
    ///
    /// - Parameter anew: the table is made again, however it is.
    /// - Throws: where a later release made the table.
    init(
        _ family: IPFamily, _ options: ServiceTableOptions, kernel snapshot: TableSnapshot?, firstHeld: Int = -1,
        anew: Bool = false
    ) throws(NewerFormat) {
        self.init(family, options, firstHeld: firstHeld)
        guard let snapshot else { return }
        let finding = try Self.inspect(snapshot, layout, rules)
        differences = finding.comparison.differences
        // Affinity in a form that cannot be mended without a moment in which new clients are refused.
        let hasOldSlots = finding.comparison.isOlder && snapshot.sets.keys.contains { $0.hasPrefix("slots-") }
        if anew || finding.comparison.needsNewTable || hasOldSlots {
            creation.insert(.deleteTable(layout.table), at: 0)
            adopt(KernelTable(snapshot.readable(layout), layout), isGoing: true)
        } else {
            creation = []
            repairs = finding.comparison.mending
            for shape in finding.shapes { shapes.adopt(shape) }
            for number in finding.stickyNumbers { stickyMaps.adopt(number) }
            adopt(KernelTable(snapshot, layout), isGoing: false)
        }
    }

    mutating func apply(_ change: FrontendChange) {
        switch change {
        case .poolAdded(let id, let backends): pools[id] = BackendPool(backends)
        case .poolRemoved(let id): retiredPools.append(id)
        case .backendAdded(let id, let backend):
            changePool(id) { $0.add(backend) }
            retryRefused(id)
        case .backendRemoved(let id, let backend):
            changePool(id) { $0.remove(backend) }
            retryRefused(id)
        case .frontendSet(let frontend, let policy): set(frontend, policy)
        case .frontendRemoved(let frontend): set(frontend, nil)
        case .localEndpointAdded(let address): hairpin.add(address.value)
        case .localEndpointRemoved(let address): hairpin.remove(address.value)
        case .endpointAddressesChanged(let removed, let added):
            // First what comes: an address that moves from one object to another stays.
            for address in added where address.family == layout.family { endpointAddresses.add(address.value) }
            for address in removed where address.family == layout.family { endpointAddresses.remove(address.value) }
        case .endpointAddressesComplete:
            // It is said after each change of addresses, and looking through all of them costs as much as many changes.
            if hasAllAddresses { break }
            hasAllAddresses = true
            if !isHolding { endpointAddresses.release() }
        case .clusterIPAdded(let address): clusterIPs.add(address.value)
        case .clusterIPRemoved(let address): clusterIPs.remove(address.value)
        case .serviceNetworksSet(let cidrs):
            networks = cidrs
            setRanges()
        case .nodeSet(let facts):
            node = facts.map { NodeFactsInFamily($0, layout.family) }
            setRanges()
        }
    }

    /// What was found stays while the objects that it may come from cannot be read.
    mutating func setRanges() {
        let (options, family) = (rules.options, layout.family)
        for index in ranges.indices {
            let found = isHolding ? ranges[index].found : []
            ranges[index].desired =
                switch ranges[index].name {
                case TableLayout.serviceNetworks:
                    AddressRange.merged(options.serviceNetworks(family, networks) + found)
                case TableLayout.nodeAddresses:
                    node == nil && !found.isEmpty ? found : options.nodeAddresses(family, node ?? NodeFactsInFamily())
                default:
                    node == nil && !found.isEmpty
                        ? found : options.localSources(family, node ?? NodeFactsInFamily()) ?? []
                }
        }
    }

    private mutating func set(_ frontend: Frontend, _ policy: FrontendPolicy?) {
        if !refused.isEmpty { refused[frontend] = nil }
        var record = frontends[frontend] ?? FrontendRecord()
        if let old = record.desired {
            // Only what the same Service had: its unreadable slices may name these backends, another Service's do not.
            if record.isHeld, isHolding, let policy, old.owner == ElementComment.fitting(policy.owner) {
                hold(old.pool, for: policy.pool)
                if let oldLocal = old.local, let local = policy.local { hold(oldLocal, for: local) }
            }
            for pool in old.pools {
                pools[pool]?.uses.removeAll { $0.frontend == frontend }
                if pool.isFound, pools[pool]?.uses.isEmpty == true { retiredPools.append(pool) }
            }
            leaveAffinity(of: old)
        }
        if let policy {
            use(pools: policy, frontend)
            joinAffinity(of: frontend, policy, found: record.found)
        }
        record.desired = policy
        record.isHeld = false
        if !record.isChanged { changedFrontends.append(frontend) }
        record.isChanged = true
        frontends[frontend] = record
    }

    /// Takes note of who uses which pools.
    mutating func use(pools policy: FrontendPolicy, _ frontend: Frontend) {
        pools[policy.pool]?.uses.append(.init(frontend: frontend, isForOutsiders: false))
        if let local = policy.local { pools[local]?.uses.append(.init(frontend: frontend, isForOutsiders: true)) }
    }

    /// Keeps a found pool's backends in the one that takes its place, until all objects can be read.
    private mutating func hold(_ found: PoolID, for pool: PoolID) {
        let backends = pools[found]?.slots ?? []
        changePool(pool) { pool in for backend in backends { pool.hold(backend) } }
    }

    /// Changes a pool's backends, and takes note of that.
    private mutating func changePool(_ id: PoolID, _ body: (inout BackendPool) -> Void) {
        guard let index = pools.index(forKey: id) else { return }
        body(&pools.values[index])
        if pools.values[index].note() { changedPools.append(id) }
    }

    /// Says that the kernel has all pools as they are now.
    mutating func markPoolsCommitted() {
        for id in changedPools { if let index = pools.index(forKey: id) { pools.values[index].markCommitted() } }
        changedPools = []
    }

    /// What the kernel refused is tried again when its backends change.
    private mutating func retryRefused(_ pool: PoolID) {
        if refused.isEmpty { return }
        for case (let frontend, let policy?) in refused where policy.pools.contains(pool) { set(frontend, policy) }
    }

    /// Lets go of everything that was found in the kernel and that no object has claimed.
    mutating func release() {
        guard isHolding else { return }
        isHolding = false
        for (frontend, record) in frontends where record.isHeld { set(frontend, nil) }
        for (id, pool) in pools where pool.hasHeldBackends { changePool(id) { $0.releaseHeld() } }
        hairpin.release()
        clusterIPs.release()
        if hasAllAddresses { endpointAddresses.release() }
        setRanges()
    }

    /// The same desired state beside another kernel state, after a commit failed.
    ///
    /// What this table holds stays held; whatever else the kernel has and this table does not want goes.
    ///
    /// - Parameters:
    ///   - excluded: what stays as the kernel has it.
    ///   - anew: the table is made again, however it is.
    func rebased(
        onto snapshot: TableSnapshot?, excluding excluded: Set<Frontend> = [], anew: Bool = false
    ) throws(NewerFormat) -> ServiceTable {
        var table = try ServiceTable(
            layout.family, rules.options, kernel: snapshot, firstHeld: nextHeld, anew: anew)
        table.isHolding = false
        table.adoptAffinity(from: self)
        let found = table.frontends.keys
        for (id, pool) in pools where !retiredPools.contains(id) { table.pools[id] = pool.asNew }
        var wanted = frontends.compactMapValues(\.desired)
        for (frontend, policy) in refused { wanted[frontend] = policy }
        for (frontend, policy) in wanted {
            if excluded.contains(frontend) {
                table.exclude(frontend, policy)
            } else {
                table.set(frontend, policy)
                table.frontends[frontend]?.isHeld = frontends[frontend]?.isHeld ?? false
            }
        }
        for frontend in found where wanted[frontend] == nil {
            if excluded.contains(frontend) { table.exclude(frontend, nil) } else { table.set(frontend, nil) }
        }
        table.hairpin = hairpin.rebased(onto: table.hairpin)
        table.clusterIPs = clusterIPs.rebased(onto: table.clusterIPs)
        table.endpointAddresses = endpointAddresses.rebased(onto: table.endpointAddresses)
        table.hasAllAddresses = hasAllAddresses
        for index in ranges.indices {
            table.ranges[index].desired = ranges[index].desired
            table.ranges[index].found = ranges[index].found
        }
        (table.node, table.networks) = (node, networks)
        table.isHolding = isHolding
        return table
    }

    /// Leaves a frontend as the kernel has it, and remembers how it should be.
    private mutating func exclude(_ frontend: Frontend, _ policy: FrontendPolicy?) {
        refused[frontend] = .some(policy)
        frontends[frontend]?.isHeld = false
    }
}

extension FrontendPolicy {
    /// The pools that it chooses from.
    var pools: [PoolID] { local.map { [pool, $0] } ?? [pool] }
}

extension PoolID {
    /// Made of what the kernel had, not of objects.
    fileprivate var isFound: Bool { number < 0 }
}
