package import NetworkTypes

/// A table: its family and its name.
package struct TableID: Sendable, Hashable {
    package let family: IPFamily
    package let name: String

    package init(family: IPFamily, name: String) {
        self.family = family
        self.name = name
    }
}

extension TableID: CustomStringConvertible {
    /// As nft writes it: `ip fairway`.
    package var description: String { "\(family == .ipv4 ? "ip" : "ip6") \(name)" }
}
