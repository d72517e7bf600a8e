/// Operations that the kernel carries out all together or not at all, in order.
package struct Transaction: Sendable, Hashable {
    package enum Operation: Sendable, Hashable {
        case addTable(TableID, TableFlags = [])
        /// Changes what holds for the whole table, which exists: `dormant`, and whose a table is that its owner has left.
        case setFlags(TableID, TableFlags)
        /// Deletes the table with everything in it.
        case deleteTable(TableID)
        case addSet(TableID, SetDeclaration)
        /// Deletes the set with its elements; no rule may use it.
        case deleteSet(TableID, set: String)
        /// Adds the chain, without its rules.
        case addChain(TableID, Chain)
        /// Changes a base chain's policy.
        case setPolicy(TableID, chain: String, Chain.Hook.Policy)
        case addRule(TableID, chain: String, Rule)
        /// Deletes all rules of the chain.
        case flushChain(TableID, chain: String)
        /// Deletes the chain, which nothing may point to; its rules have been flushed.
        case deleteChain(TableID, chain: String)
        /// Adds elements, of which none may exist: a key that is taken refuses the transaction.
        ///
        /// It is `EEXIST`; older kernels say `EBUSY` where the key has other data, and sets of concatenated ranges
        /// `ENOTEMPTY` where the new range overlaps another without being equal to it.
        case addElements(TableID, set: String, Elements)
        /// Deletes by key; data and comments play no part.
        case deleteElements(TableID, set: String, Elements)
        case addVerdicts(TableID, set: String, [VerdictElement])
        case deleteVerdicts(TableID, set: String, [VerdictElement])
        /// Deletes the element for all keys that no other one has.
        case deleteCatchall(TableID, set: String)
    }

    package var operations: [Operation] = []

    package init(_ operations: [Operation] = []) { self.operations = operations }

    package var isEmpty: Bool { operations.isEmpty }

    /// Adds the elements unless there are none.
    package mutating func add(_ elements: Elements, to set: String, in table: TableID) {
        if !elements.isEmpty { operations.append(.addElements(table, set: set, elements)) }
    }

    /// Deletes the elements unless there are none.
    package mutating func delete(_ elements: Elements, from set: String, in table: TableID) {
        if !elements.isEmpty { operations.append(.deleteElements(table, set: set, elements)) }
    }

    /// Adds the chain and its rules.
    package mutating func add(_ chain: Chain, in table: TableID) {
        operations.append(.addChain(table, chain))
        addRules(of: chain, in: table)
    }

    package mutating func addRules(of chain: Chain, in table: TableID) {
        operations += chain.rules.map { .addRule(table, chain: chain.name, $0) }
    }
}

extension Transaction.Operation: CustomStringConvertible {
    /// As nft would write it, without contents: `add element ip fairway endpoints (12)`.
    package var description: String {
        switch self {
        case .addTable(let table, _): "add table \(table)"
        case .setFlags(let table, let flags): "change table \(table) to flags {\(flags)}"
        case .deleteTable(let table): "delete table \(table)"
        case .addSet(let table, let set): "add \(set.data == nil ? "set" : "map") \(table) \(set.name)"
        case .deleteSet(let table, let set): "delete set \(table) \(set)"
        case .setPolicy(let table, let chain, let policy):
            "change chain \(table) \(chain) to policy \(policy == .drop ? "drop" : "accept")"
        case .addChain(let table, let chain): "add chain \(table) \(chain.name)"
        case .addRule(let table, let chain, _): "add rule \(table) \(chain)"
        case .flushChain(let table, let chain): "flush chain \(table) \(chain)"
        case .deleteChain(let table, let chain): "delete chain \(table) \(chain)"
        case .addElements(let table, let set, let elements): "add element \(table) \(set) (\(elements.count))"
        case .deleteElements(let table, let set, let elements): "delete element \(table) \(set) (\(elements.count))"
        case .addVerdicts(let table, let set, let elements): "add element \(table) \(set) (\(elements.count))"
        case .deleteVerdicts(let table, let set, let elements): "delete element \(table) \(set) (\(elements.count))"
        case .deleteCatchall(let table, let set): "delete element \(table) \(set) *"
        }
    }
}
