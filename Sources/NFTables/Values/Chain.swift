/// A chain and its rules.
package struct Chain: Sendable, Hashable {
    /// Where a base chain is attached.
    package struct Hook: Sendable, Hashable {
        /// The netfilter hooks of the ip and ip6 families, with the kernel's numbers (`enum nf_inet_hooks`).
        package enum Point: UInt32, Sendable, Hashable {
            case prerouting = 0
            case input = 1
            case forward = 2
            case output = 3
            case postrouting = 4
        }

        /// The chain's type.
        package enum Kind: String, Sendable, Hashable {
            case filter
            case nat
        }

        package let kind: Kind
        package let point: Point
        /// Lower runs earlier: -100 is nft's `dstnat`, 100 its `srcnat`.
        package let priority: Int32

        package init(_ kind: Kind, _ point: Point, priority: Int32) {
            self.kind = kind
            self.point = point
            self.priority = priority
        }
    }

    package let name: String
    /// nil for a chain that is reached by a verdict only.
    package let hook: Hook?
    package var rules: [Rule]

    package init(_ name: String, hook: Hook? = nil, rules: [Rule]) {
        self.name = name
        self.hook = hook
        self.rules = rules
    }
}

/// A rule: its expressions in order.
package struct Rule: Sendable, Hashable {
    package var expressions: [Expression]

    package init(_ expressions: [Expression]) { self.expressions = expressions }
}
