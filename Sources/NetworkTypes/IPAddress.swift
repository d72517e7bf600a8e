/// An IPv4 or IPv6 address.
package enum IPAddress: Sendable, Hashable {
    case v4(IPv4Address)
    case v6(IPv6Address)

    /// Parses either family's text form; see `IPv4Address` and `IPv6Address`.
    package init?(_ text: some StringProtocol) { self.init(String(text)) }

    /// The same without generics, which cost another module ten times the parsing itself.
    package init?(_ text: String) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let address = IPv6Address(text) else { return nil }
            self = .v6(address)
        } else {
            guard let address = IPv4Address(text) else { return nil }
            self = .v4(address)
        }
    }

    /// Reads an address from 4 or 16 bytes in network order; nil for any other count.
    package init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self = .v4(IPv4Address(value: bytes.reduce(0) { $0 << 8 | UInt32($1) }))
        case 16: self = .v6(IPv6Address(value: bytes.reduce(0) { $0 << 8 | UInt128($1) }))
        default: return nil
        }
    }

    /// Makes an address from its number in the given family; bits beyond the family's width are dropped.
    package init(family: IPFamily, value: UInt128) {
        switch family {
        case .ipv4: self = .v4(IPv4Address(value: UInt32(truncatingIfNeeded: value)))
        case .ipv6: self = .v6(IPv6Address(value: value))
        }
    }

    package var family: IPFamily {
        switch self {
        case .v4: .ipv4
        case .v6: .ipv6
        }
    }

    /// The address as a number, in the low 32 bits for IPv4.
    package var value: UInt128 {
        switch self {
        case .v4(let address): UInt128(address.value)
        case .v6(let address): address.value
        }
    }

    /// The 4 or 16 bytes in network order.
    package var bytes: [UInt8] {
        switch self {
        case .v4(let address): address.bytes
        case .v6(let address): address.bytes
        }
    }

    package var isLoopback: Bool {
        switch self {
        case .v4(let address): address.value >> 24 == 127
        case .v6(let address): address.value == 1
        }
    }

    package var isUnspecified: Bool { value == 0 }

    package var isMulticast: Bool {
        switch self {
        case .v4(let address): address.value >> 28 == 0xe
        case .v6(let address): address.value >> 120 == 0xff
        }
    }

    /// True for 169.254.0.0/16 and fe80::/10.
    package var isLinkLocal: Bool {
        switch self {
        case .v4(let address): address.value >> 16 == 0xa9fe
        case .v6(let address): address.value >> 118 == 0x3fa
        }
    }
}

extension IPAddress: Comparable {
    /// IPv4 before IPv6, then by number.
    package static func < (a: IPAddress, b: IPAddress) -> Bool {
        a.family == b.family ? a.value < b.value : a.family < b.family
    }
}

extension IPAddress: CustomStringConvertible {
    package var description: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): address.description
        }
    }

    /// The address with a port: `10.0.0.1:80`, `[fd00::1]:80`.
    package func description(port: UInt16) -> String { family == .ipv4 ? "\(self):\(port)" : "[\(self)]:\(port)" }
}

extension IPAddress {
    /// The IPv4 address that an IPv4-mapped IPv6 address stands for, otherwise the address itself.
    package var unmapped: IPAddress {
        family == .ipv6 && value >> 32 == 0xffff ? IPAddress(family: .ipv4, value: value) : self
    }
}
