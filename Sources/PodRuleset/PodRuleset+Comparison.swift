package import NFTables

extension PodRuleset {
    /// The transaction that makes the kernel's tables equal to these rules; empty when they are.
    ///
    /// - Parameter kernel: the dumps of `tableIDs` that exist.
    package func changes(from kernel: [TableID: TableSnapshot]) -> Transaction {
        var transaction = Transaction()
        let wanted = Dictionary(uniqueKeysWithValues: layouts.map { ($0.family, $0) })
        let elements = Dictionary(grouping: elements, by: \.place.family)
        for table in Self.tableIDs {
            let snapshot = kernel[table]
            guard let layout = wanted[table.family] else {
                if snapshot != nil { transaction.operations.append(.deleteTable(table)) }
                continue
            }
            let content = elements[table.family] ?? []
            if let snapshot, let mending = layout.mending(snapshot) {
                transaction.operations += mending
                transaction.operations += difference(of: content, from: snapshot, layout)
            } else {
                if snapshot != nil { transaction.operations.append(.deleteTable(table)) }
                transaction.operations += layout.creation
                transaction.operations += content.operations(Transaction.Operation.addElements)
            }
        }
        return transaction
    }

    /// Which of an attachment's rules the kernel does not have, a sentence each.
    ///
    /// - Parameter kernel: the dumps of `tableIDs` that exist.
    package static func absences(of rules: PodRules, in kernel: [TableID: TableSnapshot]) -> [String] {
        let own = PodRuleset([rules])
        return own.layouts.flatMap { layout -> [String] in
            guard let snapshot = kernel[layout.table] else { return ["table \(layout.table) does not exist"] }
            guard let mending = layout.mending(snapshot, permitsGuard: true), mending.isEmpty else {
                return ["table \(layout.table) has other chains, rules or sets"]
            }
            let found = Set(snapshot.content(layout))
            let missing = own.elements.filter {
                // Several networks' masquerading is cut into ranges that none of them has alone.
                $0.place.family == layout.family && $0.place.set != TableLayout.masqueraded && !found.contains($0)
            }
            let sets = Dictionary(grouping: missing, by: \.place.set).sorted { $0.key < $1.key }
            return sets.map { "\($1.count) elements of \(layout.table) \($0) are missing" }
        }
    }

    private func difference(
        of content: [TableElement], from snapshot: TableSnapshot, _ layout: TableLayout
    ) -> [Transaction.Operation] {
        let found = snapshot.content(layout)
        let known = Set(found)
        let wanted = Set(content)
        return found.filter { !wanted.contains($0) }.operations(Transaction.Operation.deleteElements)
            + content.filter { !known.contains($0) }.operations(Transaction.Operation.addElements)
    }
}

extension TableLayout {
    /// The operations that make the table without elements.
    var creation: [Transaction.Operation] {
        var transaction = Transaction([.addTable(table)])
        transaction.operations += sets.map { .addSet(table, $0) }
        for chain in chains { transaction.add(chain, in: table) }
        return transaction.operations
    }

    /// The operations that mend rules which differ; nil where the table has to be made anew.
    ///
    /// - Parameter permitsGuard: a loopback guard that this layout does not have may be there.
    func mending(_ snapshot: TableSnapshot, permitsGuard: Bool = false) -> [Transaction.Operation]? {
        let declarations = Dictionary(uniqueKeysWithValues: sets.map { ($0.name, $0) })
        guard snapshot.sets.mapValues(\.declaration) == declarations else { return nil }
        var found = snapshot.chains
        if permitsGuard, !guardsLoopback { found[loopbackGuard.name] = nil }
        guard Set(found.keys) == Set(chains.map(\.name)) else { return nil }
        var repairs = Transaction()
        for chain in chains {
            guard let kernel = found[chain.name], kernel.hook == chain.hook else { return nil }
            guard chain.rules.map(\.bytecode) != kernel.rules else { continue }
            repairs.operations.append(.flushChain(table, chain: chain.name))
            repairs.addRules(of: chain, in: table)
        }
        return repairs.operations
    }
}

extension TableSnapshot {
    /// The elements of the layout's sets.
    fileprivate func content(_ layout: TableLayout) -> [TableElement] {
        layout.sets.flatMap { declaration -> [TableElement] in
            guard let elements = sets[declaration.name]?.elements else { return [] }
            return (0..<elements.count).map { index in
                TableElement(
                    layout.family, declaration.name, Array(elements.key(index)),
                    through: Array(elements.lastKey(index)), data: Array(elements.data(index)),
                    elements.comment(index) ?? "")
            }
        }
    }
}
