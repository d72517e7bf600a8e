import NFTables
import NetworkTypes

/// The smallest content: ports in a set, each of them an object.
struct Ports: TableContent {
    static let table = TableID(family: .ipv4, name: "ports")

    var wanted: [UInt16]
    /// How many elements the set takes; 0 for any number.
    var size: UInt32 = 0

    var set: SetDeclaration {
        var set = SetDeclaration("wanted", type: [.port])
        set.size = size
        return set
    }

    var blueprint: TableBlueprint {
        TableBlueprint(
            Self.table, sets: [set],
            chains: [Chain("input", hook: .init(.filter, .input, priority: 0), rules: [Rule([.accept])])])
    }

    var tables: [TableID] { [Self.table] }

    static func found(_ snapshot: TableSnapshot?) -> [UInt16] {
        guard let elements = snapshot?.sets["wanted"]?.elements else { return [] }
        return (0..<elements.count).compactMap { elements.key($0).first?.portValue }.sorted()
    }

    func pending(_ kernel: [TableID: TableSnapshot]) -> [UInt16] {
        let found = Self.found(kernel[Self.table])
        return wanted.filter { !found.contains($0) }
    }

    func reconcile(
        with kernel: [TableID: TableSnapshot], excluding excluded: Set<UInt16>, anew: Set<TableID>
    ) throws(NewerFormat) -> TableChanges {
        var transaction = Transaction()
        var differences: [TableDifference] = []
        var found = Self.found(kernel[Self.table])
        if let snapshot = kernel[Self.table] {
            let comparison = try blueprint.compare(snapshot)
            differences = comparison.differences
            if anew.contains(Self.table) || comparison.needsNewTable {
                transaction.operations = [.deleteTable(Self.table)] + blueprint.creation
                found = []
            } else {
                transaction.operations = comparison.mending
            }
        } else {
            transaction.operations = blueprint.creation
        }
        let kept = wanted.filter { !excluded.contains($0) }
        transaction.delete(elements(found.filter { !wanted.contains($0) }), from: "wanted", in: Self.table)
        transaction.add(elements(kept.filter { !found.contains($0) }), to: "wanted", in: Self.table)
        return TableChanges(
            transactions: transaction.isEmpty ? [] : [transaction], differences: [Self.table: differences])
    }

    private func elements(_ ports: [UInt16]) -> Elements {
        var elements = Elements(of: set)
        for port in ports { elements.append(key: .port(port)) }
        return elements
    }
}
