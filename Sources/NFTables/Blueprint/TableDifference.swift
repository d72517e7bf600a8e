/// One thing in which a table is not as it should be, apart from its elements.
package struct TableDifference: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// Operations within the table mend it.
        case mendable
        /// A declaration, which the kernel lets nobody change: the table is made anew.
        case declaration
        /// An older release left it so, or an owner that has ended; it hurts nobody.
        case outdated
        /// Another run of Fairway wanted it so, and the kernel lets nobody change it: the table is made anew.
        case superseded
    }

    package let kind: Kind
    /// What is there and what should be, in words: `chain prerouting: policy drop, not accept`.
    package let text: String

    /// It is not Fairway's own doing.
    package var isDamage: Bool { kind != .outdated && kind != .superseded }

    package init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }
}

extension TableDifference: CustomStringConvertible {
    package var description: String { text }
}

/// How a table in the kernel differs from its blueprint.
package struct TableComparison: Sendable {
    package var differences: [TableDifference] = []
    /// The operations that make the table as it should be, where no declaration differs.
    package var mending: [Transaction.Operation] = []
    /// An older release made the table.
    package internal(set) var isOlder = false

    package init() {}

    /// The table cannot be mended in place.
    package var needsNewTable: Bool { differences.contains { [.declaration, .superseded].contains($0.kind) } }
}
