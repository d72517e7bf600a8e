package import NetworkTypes

/// The packets that a table sees.
package enum TableFamily: UInt32, Sendable, Hashable, CaseIterable {
    /// `NFPROTO_IPV4`.
    case ip = 2
    /// `NFPROTO_BRIDGE`.
    case bridge = 7
    /// `NFPROTO_IPV6`.
    case ip6 = 10

    package init(_ family: IPFamily) { self = family == .ipv4 ? .ip : .ip6 }
}

extension TableFamily: CustomStringConvertible {
    /// As nft writes it; spelt out, because Swift's own way looks the case's name up by reflection (0.3 ms at first).
    package var description: String {
        switch self {
        case .ip: "ip"
        case .bridge: "bridge"
        case .ip6: "ip6"
        }
    }
}

/// A table: its family and its name.
package struct TableID: Sendable, Hashable {
    package let family: TableFamily
    package let name: String

    package init(family: TableFamily, name: String) {
        self.family = family
        self.name = name
    }

    package init(family: IPFamily, name: String) { self.init(family: TableFamily(family), name: name) }
}

extension TableID: CustomStringConvertible {
    /// As nft writes it: `ip fairway`.
    package var description: String { "\(family) \(name)" }
}
