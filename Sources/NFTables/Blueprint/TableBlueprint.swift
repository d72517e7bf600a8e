/// A table as it should be but for its elements: what never changes while it exists.
///
/// Tables that are kept have one of these each; a dump is compared with it as a whole, and what differs is mended.
package struct TableBlueprint: Sendable, Hashable {
    package let table: TableID
    /// All sets and maps but the one with the format's number.
    package let sets: [SetDeclaration]
    /// All chains that are always there; those that others lead to come first.
    package let chains: [Chain]
    /// What the table's content means: counted up when a release's table has other fixed parts than the one before.
    ///
    /// 1 is also what tables without a number have, those of the releases before it was written down.
    package let format: UInt32
    /// `owned`, or none.
    package let flags: TableFlags

    package init(
        _ table: TableID, format: UInt32 = 1, flags: TableFlags = [], sets: [SetDeclaration], chains: [Chain]
    ) {
        self.table = table
        self.flags = flags
        self.format = format
        self.sets = sets
        self.chains = chains
    }

    /// Holds the format's number, as its only element: the one thing that can be added to a table that is in use.
    package static let formatSet = SetDeclaration("format", type: [.mark])

    /// The operations that make the table without further elements.
    package var creation: [Transaction.Operation] {
        var transaction = Transaction([.addTable(table, flags)])
        for set in sets { transaction.operations.append(.addSet(table, set)) }
        transaction.operations += formatCreation
        for chain in chains { transaction.add(chain, in: table) }
        return transaction.operations
    }

    var formatCreation: [Transaction.Operation] {
        [.addSet(table, Self.formatSet), .addElements(table, set: Self.formatSet.name, formatElements)]
    }

    var formatElements: Elements {
        var elements = Elements(of: Self.formatSet)
        elements.append(key: [format])
        return elements
    }
}

/// A table was made by a later release, which alone knows what it means.
package struct NewerFormat: Error, Sendable, Hashable, CustomStringConvertible {
    package let table: TableID
    package let format: UInt32
    /// The last one that this release knows.
    package let known: UInt32

    package init(table: TableID, format: UInt32, known: UInt32) {
        self.table = table
        self.format = format
        self.known = known
    }

    package var description: String {
        "table \(table) has format \(format), and this release knows none after \(known): "
            + "a newer Fairway made it; run that one, or delete the table (nft delete table \(table))"
    }
}
