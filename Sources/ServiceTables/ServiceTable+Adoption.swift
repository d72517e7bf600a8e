import Frontends
import NFTables
import NetworkTypes

extension ServiceTable {
    /// What a dumped table is like beside the one that there should be, and its shapes.
    struct Finding {
        var comparison: TableComparison
        /// Those whose chain the kernel has, `refuse` apart.
        var shapes: [Shape] = []
        /// The ports with affinity whose map the kernel has.
        var stickyNumbers: [StickyNumber] = []
    }

    /// Compares everything but Services' elements.
    static func inspect(
        _ snapshot: TableSnapshot, _ layout: TableLayout, _ rules: TableRules
    ) throws(NewerFormat) -> Finding {
        let table = layout.table
        var found: Set<Shape> = []
        for element in TableLayout.shapeMaps.flatMap({ snapshot.sets[$0]?.verdicts ?? [] }) {
            if let shape = element.key.first.flatMap({ Shape(classID: $0) }), element == VerdictElement(shape: shape),
                snapshot.chains[shape.chainName] != nil
            {
                found.insert(shape)
            }
        }
        let numbers = layout.stickyNumbers(in: snapshot)
        found = found.filter { $0.sticky.map { numbers[$0] != nil } ?? true }
        found.formUnion(found.flatMap(\.next).filter { snapshot.chains[$0.chainName] != nil })
        let shapes = found.filter { !$0.isFixed }
        let variable = Dictionary(uniqueKeysWithValues: shapes.map { ($0.chainName, rules.chain(of: $0)) })
        var comparison = try rules.blueprint(layout).compare(
            snapshot, variable: variable, variableSets: Set(numbers.keys.map(TableLayout.clients)))
        if comparison.needsNewTable { return Finding(comparison: comparison) }
        for map in TableLayout.shapeMaps {
            let wanted = found.union(Shape.fixed).filter { $0.entrances.contains(map) }.sorted()
            let elements = Set(wanted.map(VerdictElement.init))
            let verdicts = snapshot.sets[map]?.verdicts ?? []
            let strays = verdicts.filter { !elements.contains($0) }
            let missing = wanted.filter { !verdicts.contains(VerdictElement(shape: $0)) }
            let kind: TableDifference.Kind = comparison.isOlder ? .outdated : .mendable
            if !strays.isEmpty {
                comparison.differences.append(
                    TableDifference(kind, "map \(map): \(strays.count) elements are nobody's"))
                comparison.mending.insert(.deleteVerdicts(table, set: map, strays), at: 0)
            }
            if missing.isEmpty { continue }
            comparison.differences += missing.map { TableDifference(kind, "map \(map): \($0.chainName) is missing") }
            comparison.mending.append(.addVerdicts(table, set: map, missing.map(VerdictElement.init)))
        }
        return Finding(comparison: comparison, shapes: shapes.sorted(), stickyNumbers: numbers.keys.sorted())
    }

    /// The operations that make the table with no frontends.
    static func creation(_ layout: TableLayout, _ rules: TableRules) -> [Transaction.Operation] {
        rules.blueprint(layout).creation
            + TableLayout.shapeMaps.compactMap { map in
                let shapes = Shape.fixed.filter { $0.entrances.contains(map) }
                return shapes.isEmpty ? nil : .addVerdicts(layout.table, set: map, shapes.map(VerdictElement.init))
            }
    }

    /// Takes over what the kernel has: its frontends are held until they are claimed or released.
    ///
    /// - Parameter isGoing: the table is made anew, so that all of it has to be made again.
    mutating func adopt(_ kernel: KernelTable, isGoing: Bool) {
        if !isGoing { strays = kernel.strays }
        adoptAffinity(kernel, isGoing: isGoing)
        for (frontend, state) in kernel.frontends {
            let sticky = state.sticky.flatMap { stickyPorts[$0] }
            let pool =
                sticky?[state.inner.stickySide].desired ?? adopt(state.slots, isGoing: isGoing)
            let local =
                state.inner.kind == .stickyExternal
                ? sticky?[.local].desired
                : state.inner.hasLocal ? adopt(state.localSlots, isLocal: true, isGoing: isGoing) : nil
            let policy = FrontendPolicy(
                pool: pool, masquerade: state.inner.masquerading, local: local, affinity: sticky?.affinity,
                whenEmpty: state.inner == .drop ? .drop : .refuse, sources: state.sources, owner: state.comment)
            let found = FoundFrontend(comment: state.comment, sticky: state.sticky)
            var record = FrontendRecord(desired: policy, isHeld: true, found: found)
            if isGoing {
                record.isChanged = true
                changedFrontends.append(frontend)
            } else {
                let kernelState = KernelState(
                    shape: state.shape, checked: state.checked, local: state.local, sources: state.sources,
                    pool: sticky == nil ? pool : nil, localPool: sticky == nil ? local : nil, comment: state.comment,
                    isCounted: kernel.counted.contains(frontend))
                record.kernel = kernelState
                kernelState.forEachShape { shapes.use($0) }
                if sticky == nil { backendCount += state.slots.count + state.localSlots.count }
            }
            frontends[frontend] = record
            use(pools: policy, frontend)
            joinAffinity(of: frontend, policy, found: nil)
        }
        hairpin.adopt(kernel.hairpin, isGoing: isGoing)
        clusterIPs.adopt(kernel.clusterIPs, isGoing: isGoing)
        endpointAddresses.adopt(kernel.endpointAddresses, isGoing: isGoing)
        for index in ranges.indices {
            ranges[index].found = kernel.ranges[ranges[index].name] ?? []
            if !isGoing { ranges[index].kernel = ranges[index].found }
        }
        setRanges()
    }

    /// Makes a pool of what the kernel has in a frontend's or a port's slots.
    mutating func adopt(_ slots: [Backend], isLocal: Bool = false, isGoing: Bool) -> PoolID {
        let id = PoolID(nextHeld, layout.family, isLocal: isLocal)
        nextHeld -= 1
        var pool = BackendPool(slots)
        if !isGoing { pool.markCommitted() }
        pools[id] = pool
        return id
    }
}

extension VerdictElement {
    /// The element that sends a shape's packets to its chain.
    init(shape: Shape) { self.init(key: [shape.classID], .goto(shape.chainName)) }
}

extension TableSnapshot {
    /// The sets whose keys and data are of the layout's types, whatever else is wrong with them.
    func readable(_ layout: TableLayout) -> TableSnapshot {
        var copy = TableSnapshot()
        for declaration in layout.sets {
            guard let set = sets[declaration.name], set.declaration.keyType == declaration.keyType,
                set.declaration.keyLength == declaration.keyLength, set.declaration.data == declaration.data
            else { continue }
            copy.sets[declaration.name] = set
        }
        for name in layout.stickyNumbers(in: self).keys.map(TableLayout.clients) { copy.sets[name] = sets[name] }
        return copy
    }
}
