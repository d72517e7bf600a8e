/// What a table holds in the kernel.
package struct TableSnapshot: Sendable, Hashable {
    package struct Chain: Sendable, Hashable {
        package var hook: NFTables.Chain.Hook?
        package var rules: [Rule] = []

        package init(hook: NFTables.Chain.Hook? = nil, rules: [Rule] = []) {
            self.hook = hook
            self.rules = rules
        }
    }

    package struct Set: Sendable, Hashable {
        package var declaration: SetDeclaration
        package var elements: Elements
        package var verdicts: [VerdictElement] = []
        /// It has an element for all keys that no other one has.
        package var hasCatchall = false

        package init(declaration: SetDeclaration) {
            self.declaration = declaration
            elements = Elements(of: declaration)
        }
    }

    package var flags: TableFlags = []
    /// How many rules and sets there are that libnftnl does not understand.
    package var unreadable = 0
    package var chains: [String: Chain] = [:]
    /// Named sets and maps; the anonymous ones of rules are left out.
    package var sets: [String: Set] = [:]

    package init() {}
}

/// What holds for a whole table (`enum nft_table_flags`).
package struct TableFlags: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Its base chains are not attached: it does nothing.
    package static let dormant = TableFlags(rawValue: 1)
    /// One netlink socket alone may change it.
    package static let owner = TableFlags(rawValue: 2)
    /// It outlives its owner.
    package static let persist = TableFlags(rawValue: 4)
    /// One socket alone may change it, and the next one takes it over; the kernel has both since 6.9.
    package static let owned: TableFlags = [.owner, .persist]
}

extension TableFlags: CustomStringConvertible {
    package var description: String {
        var names: [String] = []
        if contains(.dormant) { names.append("dormant") }
        if contains(.owner) { names.append("owner") }
        if contains(.persist) { names.append("persist") }
        let unknown = subtracting([.dormant, .owner, .persist])
        if !unknown.isEmpty { names.append("\(unknown.rawValue)") }
        return names.joined(separator: ",")
    }
}
