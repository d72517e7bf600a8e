/// An address family: IPv4 or IPv6.
package enum IPFamily: String, Sendable, Hashable, CaseIterable, Comparable {
    case ipv4 = "IPv4"
    case ipv6 = "IPv6"

    /// The number of bits of an address: 32 or 128.
    package var addressBits: Int { self == .ipv4 ? 32 : 128 }

    /// The number of bytes of an address: 4 or 16.
    package var addressBytes: Int { addressBits / 8 }

    package static func < (a: IPFamily, b: IPFamily) -> Bool { a == .ipv4 && b == .ipv6 }
}
