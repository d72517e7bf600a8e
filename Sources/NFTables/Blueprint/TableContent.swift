/// What tables should hold, as their keeper sees it.
package protocol TableContent {
    /// What the content consists of: the smallest thing that can be left out where the kernel refuses it.
    associatedtype Object: Hashable & Sendable & CustomStringConvertible

    /// The tables that it keeps, whether they should exist or not.
    var tables: [TableID] { get }

    /// The objects that the kernel does not have as they should be, in a fixed order.
    ///
    /// - Parameter kernel: the dumps of those `tables` that exist.
    func pending(_ kernel: [TableID: TableSnapshot]) -> [Object]

    /// The transactions that make the kernel's tables equal to the content, to be committed in this order.
    ///
    /// - Parameters:
    ///   - kernel: the dumps of those `tables` that exist. The content takes them as what the kernel has.
    ///   - excluded: objects that stay as the kernel has them.
    ///   - anew: these tables are deleted and made again, each in one transaction, however they are.
    /// - Throws: where a later release made one of the tables.
    mutating func reconcile(
        with kernel: [TableID: TableSnapshot], excluding excluded: Set<Object>, anew: Set<TableID>
    ) throws(NewerFormat) -> TableChanges
}

/// What leads from the tables as they are to the tables as they should be.
package struct TableChanges: Sendable {
    package var transactions: [Transaction]
    /// In what the tables differed, elements apart, by table: `ip fairway: chain prerouting: policy drop, not accept`.
    package var differences: [TableID: [TableDifference]]

    package init(transactions: [Transaction] = [], differences: [TableID: [TableDifference]] = [:]) {
        self.transactions = transactions
        self.differences = differences
    }

    /// The differences that somebody else's doing explains, a sentence each.
    package var damage: [String] {
        differences.sorted { $0.key.description < $1.key.description }.flatMap { table, differences in
            differences.filter(\.isDamage).map { "table \(table): \($0)" }
        }
    }

    /// The tables that somebody else has changed.
    package var damaged: Set<TableID> {
        Set(differences.filter { $0.value.contains(where: \.isDamage) }.keys)
    }
}
