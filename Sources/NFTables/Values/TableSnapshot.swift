/// What a table holds in the kernel.
package struct TableSnapshot: Sendable, Hashable {
    package struct Chain: Sendable, Hashable {
        package var hook: NFTables.Chain.Hook?
        /// Each rule's bytecode as text; compare with `Rule.bytecode`.
        package var rules: [String] = []

        package init(hook: NFTables.Chain.Hook? = nil, rules: [String] = []) {
            self.hook = hook
            self.rules = rules
        }
    }

    package struct Set: Sendable, Hashable {
        package var declaration: SetDeclaration
        package var elements: Elements
        package var verdicts: [VerdictElement] = []

        package init(declaration: SetDeclaration) {
            self.declaration = declaration
            elements = Elements(of: declaration)
        }
    }

    package var chains: [String: Chain] = [:]
    /// Named sets and maps; the anonymous ones of rules are left out.
    package var sets: [String: Set] = [:]

    package init() {}
}
