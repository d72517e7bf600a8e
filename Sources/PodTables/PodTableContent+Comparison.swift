package import Attachments
package import NFTables

extension PodTableContent: TableContent {
    package var tables: [TableID] { Self.tableIDs }

    /// The attachments of which the kernel lacks an element.
    package func pending(_ kernel: [TableID: TableSnapshot]) -> [Attachment] {
        let served = Set(elements)
        let found = Set(layouts.flatMap { layout in kernel[layout.table]?.content(layout) ?? [] })
        return claims.filter { claim in
            PodTableContent([claim]).elements.contains { served.contains($0) && !found.contains($0) }
        }.map(\.owner)
    }

    package func reconcile(
        with kernel: [TableID: TableSnapshot], excluding excluded: Set<Attachment>, anew: Set<TableID>
    ) throws(NewerFormat) -> TableChanges {
        if excluded.isEmpty { return try changes(from: kernel, keeping: [], anew: anew) }
        // Who has which port stays decided among all; networks' masquerading is nobody's alone.
        let kept = Set(
            PodTableContent(unshared: claims.filter { excluded.contains($0.owner) }.map(PodClaims.init)).elements)
        var rest = self
        rest.elements = elements.filter { !kept.contains($0) }
        return try rest.changes(from: kernel, keeping: kept, anew: anew)
    }

    /// The transaction that makes the kernel's tables equal to these rules; empty when they are.
    ///
    /// - Parameter kernel: the dumps of `tableIDs` that exist.
    package func changes(from kernel: [TableID: TableSnapshot]) throws(NewerFormat) -> Transaction {
        try changes(from: kernel, keeping: [], anew: []).transactions.first ?? Transaction()
    }

    private func changes(
        from kernel: [TableID: TableSnapshot], keeping kept: Set<TableElement>, anew: Set<TableID>
    ) throws(NewerFormat) -> TableChanges {
        var transaction = Transaction()
        var differences: [TableID: [TableDifference]] = [:]
        let layouts = layouts
        for table in Self.tableIDs {
            let snapshot = kernel[table]
            guard var layout = layouts.first(where: { $0.table == table }) else {
                if let snapshot {
                    _ = try TableLayout(family: table.family, guardsLoopback: false).keepingGuard(of: snapshot)
                        .blueprint.compare(snapshot)
                    transaction.operations.append(.deleteTable(table))
                }
                continue
            }
            var content = elements.filter { $0.place.family == table.family }
            if let snapshot {
                layout = layout.keepingGuard(of: snapshot)
                let comparison = try layout.blueprint.compare(snapshot)
                differences[table] = comparison.differences
                if layout.guardsLoopback, snapshot.chains[layout.loopbackGuard.name] == nil {
                    // It comes with the first pod that needs it: nobody took it away.
                    let unguarded = TableLayout(family: layout.family, guardsLoopback: false)
                    differences[table] = try unguarded.blueprint.compare(snapshot).differences
                }
                if !anew.contains(table), !comparison.needsNewTable {
                    transaction.operations += comparison.mending
                    transaction.operations += difference(of: content, from: snapshot, layout, keeping: kept)
                    continue
                }
                transaction.operations.append(.deleteTable(table))
                content += snapshot.content(layout).filter { kept.contains($0) }
            }
            // In the stead of the old table in one transaction: a packet meets the one or the other.
            transaction.operations += layout.blueprint.creation
            transaction.operations += content.operations(Transaction.Operation.addElements)
        }
        return TableChanges(transactions: transaction.isEmpty ? [] : [transaction], differences: differences)
    }

    private func difference(
        of content: [TableElement], from snapshot: TableSnapshot, _ layout: TableLayout,
        keeping kept: Set<TableElement>
    ) -> [Transaction.Operation] {
        let found = snapshot.content(layout)
        let known = Set(found)
        let wanted = kept.union(content)
        return found.filter { !wanted.contains($0) }.operations(Transaction.Operation.deleteElements)
            + content.filter { !known.contains($0) }.operations(Transaction.Operation.addElements)
    }
}

extension PodTableContent {
    /// Which of an attachment's rules, one of these, the kernel does not have, a sentence each that names the host ports.
    ///
    /// What it claims and another one has is not missed.
    ///
    /// - Parameter kernel: the dumps of `tableIDs` that exist.
    package func absences(of demand: PodDemand, in kernel: [TableID: TableSnapshot]) throws(NewerFormat) -> [String] {
        let own = PodTableContent([demand])
        let claims = PodClaims(demand)
        let served = Set(elements)
        var sentences: [String] = []
        for layout in own.layouts {
            guard let snapshot = kernel[layout.table] else {
                sentences.append("table \(layout.table) does not exist")
                continue
            }
            for difference in try layout.keepingGuard(of: snapshot).blueprint.compare(snapshot).differences
            where difference.isDamage {
                sentences.append("table \(layout.table): \(difference)")
            }
            let content = snapshot.content(layout)
            sentences += claims.ports.flatMap { claim in
                content.filter { claim.port.isServed(by: $0) && !served.contains($0) }.map {
                    "host port \(claim.mapping) is taken by an element of \(layout.table) \($0.place.set) that is "
                        + "nobody's"
                }
            }
            let found = Set(content)
            let missing = own.elements.filter {
                $0.place.family == layout.family && served.contains($0) && !found.contains($0)
            }
            let sets = Dictionary(grouping: missing, by: \.place.set).sorted { $0.key < $1.key }
            sentences += sets.map { set, elements in
                "\(elements.count) elements of \(layout.table) \(set) are missing or changed"
                    + Self.words(for: claims.hostPorts(of: elements))
            }
        }
        return sentences
    }

    private static func words(for ports: [HostPort]) -> String {
        ports.isEmpty ? "" : " (host port \(ports.map(\.description).joined(separator: ", ")))"
    }

    /// Whether the kernel's tables are those of a census.
    ///
    /// - Parameter kernel: the dumps of `tableIDs` that exist.
    package static func isIntact(
        _ kernel: [TableID: TableSnapshot], _ census: PodTableCensus
    ) throws(NewerFormat) -> Bool {
        guard Set(kernel.keys.map(\.family)) == Set(census.families) else { return false }
        var digest: UInt64 = 0
        for (table, snapshot) in kernel {
            let layout = TableLayout(family: table.family, guardsLoopback: census.loopback > 0 && table.family == .ip)
            let blueprint = layout.keepingGuard(of: snapshot).blueprint
            guard try blueprint.compare(snapshot).differences.isEmpty else { return false }
            for set in blueprint.sets {
                digest &+= snapshot.sets[set.name]?.elements.digest(table.family, set.name) ?? 0
            }
        }
        return digest == census.digest
    }
}

extension TableLayout {
    /// What each format brought.
    ///
    /// 2: clients of host ports by the port and by the pod's subnet, not by both together.
    private static let format: UInt32 = 2

    var blueprint: TableBlueprint { TableBlueprint(table, format: Self.format, sets: sets, chains: chains) }

    /// The same with the loopback guard that a table has.
    ///
    /// A bridge may keep its `route_localnet` when the pod goes that needed it, so the guard stays as long as the table.
    func keepingGuard(of snapshot: TableSnapshot) -> TableLayout {
        let hasGuard = family == .ip && snapshot.chains[loopbackGuard.name] != nil
        return TableLayout(family: family, guardsLoopback: guardsLoopback || hasGuard)
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
