package import NetworkTypes

/// A base chain that ends what none of its rules lets through, as a firewall's does.
package struct ClosedChain: Sendable, Hashable {
    /// What ends the rest.
    package enum End: Sendable, Hashable {
        case policy
        /// Its last rule drops or rejects, and asks for nothing.
        case lastRule
    }

    /// `NFPROTO_IPV4`, `NFPROTO_IPV6` or `NFPROTO_INET`, which is both.
    package let family: UInt8
    package let table: String
    package let chain: String
    package let point: Chain.Hook.Point
    package let end: End

    package init(family: UInt8, table: String, chain: String, point: Chain.Hook.Point, end: End) {
        self.family = family
        self.table = table
        self.chain = chain
        self.point = point
        self.end = end
    }

    static let inet: UInt8 = 1

    package func sees(_ family: IPFamily) -> Bool {
        self.family == Self.inet || UInt32(self.family) == TableFamily(family).rawValue
    }
}

extension ClosedChain: CustomStringConvertible {
    /// As nft writes it: `ip filter FORWARD`.
    package var description: String {
        let word = TableFamily(rawValue: UInt32(family)).map { "\($0)" } ?? "inet"
        return "\(word) \(table) \(chain)"
    }
}

extension ClosedChain.End: CustomStringConvertible {
    package var description: String {
        switch self {
        case .policy: "policy drop"
        case .lastRule: "its last rule"
        }
    }
}
