package import Attachments
package import NFTables

extension PodTableContent {
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
            let kept = snapshot.map { layout.keepingGuard(of: $0) } ?? layout
            if let snapshot, let mending = kept.mending(snapshot) {
                transaction.operations += mending
                transaction.operations += difference(of: content, from: snapshot, kept)
            } else {
                if snapshot != nil { transaction.operations.append(.deleteTable(table)) }
                transaction.operations += layout.creation
                transaction.operations += content.operations(Transaction.Operation.addElements)
            }
        }
        return transaction
    }

    /// Which of an attachment's rules, one of these, the kernel does not have, a sentence each that names the host ports.
    ///
    /// What it claims and another one has is not missed.
    ///
    /// - Parameter kernel: the dumps of `tableIDs` that exist.
    package func absences(of rules: PodDemand, in kernel: [TableID: TableSnapshot]) -> [String] {
        let own = PodTableContent([rules])
        let served = Set(elements)
        return own.layouts.flatMap { layout -> [String] in
            guard let snapshot = kernel[layout.table] else { return ["table \(layout.table) does not exist"] }
            guard let mending = layout.keepingGuard(of: snapshot).mending(snapshot), mending.isEmpty else {
                return ["table \(layout.table) has other chains, rules or sets"]
            }
            let found = Set(snapshot.content(layout))
            let missing = own.elements.filter {
                $0.place.family == layout.family && served.contains($0) && !found.contains($0)
            }
            let sets = Dictionary(grouping: missing, by: \.place.set).sorted { $0.key < $1.key }
            return sets.map { set, elements in
                "\(elements.count) elements of \(layout.table) \(set) are missing or changed"
                    + Self.words(for: rules.ports(of: elements))
            }
        }
    }

    private static func words(for ports: [HostPort]) -> String {
        ports.isEmpty ? "" : " (host port \(ports.map(\.description).joined(separator: ", ")))"
    }

    /// Whether the kernel's tables are those of a census.
    ///
    /// - Parameter kernel: the dumps of `tableIDs` that exist.
    package static func isIntact(_ kernel: [TableID: TableSnapshot], _ census: PodTableCensus) -> Bool {
        guard Set(kernel.keys.map(\.family)) == Set(census.families) else { return false }
        var digest: UInt64 = 0
        for (table, snapshot) in kernel {
            let layout = TableLayout(family: table.family, guardsLoopback: census.loopback > 0 && table.family == .ip)
            guard layout.keepingGuard(of: snapshot).mending(snapshot)?.isEmpty == true else { return false }
            for (name, set) in snapshot.sets { digest &+= set.elements.digest(table.family, name) }
        }
        return digest == census.digest
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

    /// The same with the loopback guard that a table has.
    ///
    /// A bridge may keep its `route_localnet` when the pod goes that needed it, so the guard stays as long as the table.
    func keepingGuard(of snapshot: TableSnapshot) -> TableLayout {
        let hasGuard = family == .ip && snapshot.chains[loopbackGuard.name] != nil
        return TableLayout(family: family, guardsLoopback: guardsLoopback || hasGuard)
    }

    /// The operations that mend rules which differ; nil where the table has to be made anew.
    func mending(_ snapshot: TableSnapshot) -> [Transaction.Operation]? {
        let declarations = Dictionary(uniqueKeysWithValues: sets.map { ($0.name, $0) })
        let chains = chains
        guard snapshot.sets.mapValues(\.declaration) == declarations,
            Set(snapshot.chains.keys) == Set(chains.map(\.name))
        else { return nil }
        var repairs = Transaction()
        for chain in chains {
            guard let kernel = snapshot.chains[chain.name], kernel.hook == chain.hook else { return nil }
            guard chain.rules.map(\.bytecode) != kernel.rules else { continue }
            repairs.operations.append(.flushChain(table, chain: chain.name))
            repairs.addRules(of: chain, in: table)
        }
        return repairs.operations
    }
}

extension Elements {
    /// The same as that of the table's elements made of these.
    fileprivate func digest(_ family: TableFamily, _ set: String) -> UInt64 {
        (0..<count).reduce(0) { sum, index in
            var hash = TableDigest(family, set)
            hash.add(key(index))
            hash.add(lastKey(index))
            hash.add(data(index))
            hash.add(comment(index) ?? "")
            return sum &+ hash.value
        }
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
