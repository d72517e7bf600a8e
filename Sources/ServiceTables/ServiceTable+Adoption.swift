import Frontends
import NFTables
import NetworkTypes

extension ServiceTable {
    /// What a dumped table is like beside the one that there should be, and its shapes.
    struct Finding {
        var comparison: TableComparison
        /// Those whose chain the kernel has, `refuse` apart.
        var shapes: [Shape] = []
    }

    /// Compares everything but Services' elements.
    static func inspect(
        _ snapshot: TableSnapshot, _ layout: TableLayout, _ rules: TableRules
    ) throws(NewerFormat) -> Finding {
        let table = layout.table
        var strays: [VerdictElement] = []
        var shapes: [Shape] = []
        for element in snapshot.sets[TableLayout.shapes]?.verdicts ?? [] {
            if let shape = element.key.first.flatMap({ Shape(classID: $0) }), element == VerdictElement(shape: shape),
                snapshot.chains[shape.chainName] != nil
            {
                shapes.append(shape)
            } else {
                strays.append(element)
            }
        }
        let refuses = shapes.contains(.refuse)
        shapes.removeAll { $0 == .refuse }
        let variable = Dictionary(uniqueKeysWithValues: shapes.map { ($0.chainName, rules.chain(of: $0)) })
        var comparison = try rules.blueprint(layout).compare(snapshot, variable: variable)
        if comparison.needsNewTable { return Finding(comparison: comparison) }
        if !strays.isEmpty {
            comparison.differences.append(
                TableDifference(.mendable, "map \(TableLayout.shapes): \(strays.count) elements are nobody's"))
            comparison.mending.insert(.deleteVerdicts(table, set: TableLayout.shapes, strays), at: 0)
        }
        if !refuses {
            comparison.differences.append(
                TableDifference(.mendable, "map \(TableLayout.shapes): \(Shape.refuse.chainName) is missing"))
            comparison.mending.append(
                .addVerdicts(table, set: TableLayout.shapes, [VerdictElement(shape: .refuse)]))
        }
        return Finding(comparison: comparison, shapes: shapes)
    }

    /// The operations that make the table with no frontends.
    static func creation(_ layout: TableLayout, _ rules: TableRules) -> [Transaction.Operation] {
        rules.blueprint(layout).creation + [
            .addVerdicts(layout.table, set: TableLayout.shapes, [VerdictElement(shape: .refuse)])
        ]
    }

    /// Takes over what the kernel has: its frontends are held until they are claimed or released.
    ///
    /// - Parameter isGoing: the table is made anew, so that all of it has to be made again.
    mutating func adopt(_ kernel: KernelTable, isGoing: Bool) {
        if !isGoing { strays = kernel.strays }
        for (frontend, state) in kernel.frontends {
            let id = PoolID(nextHeld, layout.family)
            nextHeld -= 1
            var pool = BackendPool(state.slots)
            if !isGoing { pool.markCommitted() }
            pool.frontends = [frontend]
            pools[id] = pool
            let policy = FrontendPolicy(pool: id, masquerade: state.shape.masquerade, owner: state.comment)
            var record = FrontendRecord(desired: policy, isHeld: true)
            if isGoing {
                record.isChanged = true
                changedFrontends.append(frontend)
            } else {
                record.kernel = KernelState(
                    shape: state.shape, pool: id, comment: state.comment, isCounted: kernel.counted.contains(frontend))
                useShape(state.shape)
                backendCount += state.slots.count
            }
            frontends[frontend] = record
        }
        for address in kernel.hairpin {
            hairpin[address] = (desired: true, kernel: !isGoing)
            if isGoing { changedHairpin.append(address) }
        }
        heldHairpin = kernel.hairpin
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
        return copy
    }
}
