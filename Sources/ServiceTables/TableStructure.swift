import NFTables

/// The parts of a table that do not depend on Services: its sets, its base chains, the chain that refuses.
struct TableStructure {
    /// What has to happen before elements can be compared.
    enum Verdict {
        /// The table is made anew: it does not exist, or its sets or hooks are not the expected ones.
        case create([Transaction.Operation])
        /// The table is kept; operations mend rules that differ, and these shapes exist.
        case adopt([Transaction.Operation], Set<Shape>)
    }

    private let layout: TableLayout
    private let rules: TableRules
    private var table: TableID { layout.table }

    init(_ layout: TableLayout, _ rules: TableRules) {
        self.layout = layout
        self.rules = rules
    }

    /// The operations that make the table with no frontends.
    var creation: Transaction {
        var transaction = Transaction([.addTable(table)])
        transaction.operations += layout.sets.map { .addSet(table, $0) }
        transaction.add(rules.chain(of: .refuse), in: table)
        transaction.operations.append(
            .addVerdicts(table, set: TableLayout.shapes, [VerdictElement(shape: .refuse)]))
        for chain in rules.baseChains { transaction.add(chain, in: table) }
        return transaction
    }

    func compare(_ snapshot: TableSnapshot?) -> Verdict {
        guard let snapshot else { return .create(creation.operations) }
        let sets = Dictionary(uniqueKeysWithValues: layout.sets.map { ($0.name, $0) })
        guard snapshot.sets.mapValues(\.declaration) == sets else { return recreate }
        var repairs = Transaction()
        for chain in rules.baseChains {
            guard let found = snapshot.chains[chain.name], found.hook == chain.hook else { return recreate }
            mend(chain, found, &repairs)
        }
        guard let refuse = snapshot.chains[Shape.refuse.chainName] else { return recreate }
        mend(rules.chain(of: .refuse), refuse, &repairs)
        guard let shapes = compareShapes(snapshot, &repairs) else { return recreate }
        return .adopt(repairs.operations, shapes)
    }

    private var recreate: Verdict { .create([.deleteTable(table)] + creation.operations) }

    /// Compares shapes' chains and verdicts; nil where they don't belong together.
    private func compareShapes(_ snapshot: TableSnapshot, _ repairs: inout Transaction) -> Set<Shape>? {
        var shapes: Set<Shape> = []
        for verdict in snapshot.sets[TableLayout.shapes]?.verdicts ?? [] {
            guard let shape = verdict.key.first.flatMap({ Shape(classID: $0) }), verdict.chain == shape.chainName else {
                return nil
            }
            if shape != .refuse, let found = snapshot.chains[shape.chainName] {
                mend(rules.chain(of: shape), found, &repairs)
            }
            shapes.insert(shape)
        }
        let known = Set(shapes.map(\.chainName) + rules.baseChains.map(\.name))
        return shapes.contains(.refuse) && known == Set(snapshot.chains.keys) ? shapes : nil
    }

    private func mend(_ chain: Chain, _ found: TableSnapshot.Chain, _ repairs: inout Transaction) {
        guard chain.rules.map(\.bytecode) != found.rules else { return }
        repairs.operations.append(.flushChain(table, chain: chain.name))
        repairs.addRules(of: chain, in: table)
    }
}

extension VerdictElement {
    /// The element that sends a shape's packets to its chain.
    init(shape: Shape) { self.init(key: [shape.classID], goto: shape.chainName) }
}
