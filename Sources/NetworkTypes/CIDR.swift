/// An address with a prefix length: a network (`10.244.0.0/16`) or an interface's address (`10.244.0.5/24`).
package struct CIDR: Sendable, Hashable {
    package var address: IPAddress
    /// The number of leading network bits: 0 to 32 for IPv4, 0 to 128 for IPv6.
    package let prefixLength: Int

    /// Returns nil when the prefix length is outside the family's range.
    package init?(_ address: IPAddress, prefixLength: Int) {
        guard (0...address.family.addressBits).contains(prefixLength) else { return nil }
        self.address = address
        self.prefixLength = prefixLength
    }

    /// Parses `ADDRESS/LENGTH`; host bits are kept.
    package init?(_ text: some StringProtocol) { self.init(String(text)) }

    /// The same without generics; see `IPAddress`.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(parts[0]), !parts[1].isEmpty,
            parts[1].utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
            let length = Int(parts[1])
        else { return nil }
        self.init(address, prefixLength: length)
    }

    package var family: IPFamily { address.family }

    /// The number of host bits.
    package var hostBits: Int { family.addressBits - prefixLength }

    private var hostMask: UInt128 { hostBits == 128 ? .max : (UInt128(1) << UInt128(hostBits)) - 1 }

    /// The netmask in network order, as many bytes as the family's addresses have.
    package var maskBytes: [UInt8] {
        let all: UInt128 = family == .ipv4 ? 0xffff_ffff : .max
        return IPAddress(family: family, value: all & ~hostMask).bytes
    }

    /// The first address: all host bits zero.
    package var first: IPAddress { IPAddress(family: family, value: address.value & ~hostMask) }

    /// The last address: all host bits one.
    ///
    /// For IPv4 that is the broadcast address.
    package var last: IPAddress { IPAddress(family: family, value: address.value | hostMask) }

    /// The network that this address lies in: the same prefix with all host bits zero.
    package var network: CIDR {
        var copy = self
        copy.address = first
        return copy
    }

    /// True when no host bit is set.
    package var isNetwork: Bool { address == first }

    package func contains(_ other: IPAddress) -> Bool {
        other.family == family && other.value & ~hostMask == address.value & ~hostMask
    }

    /// True when the two networks share an address.
    package func overlaps(_ other: CIDR) -> Bool { contains(other.first) || other.contains(first) }
}

extension CIDR: CustomStringConvertible {
    package var description: String { "\(address)/\(prefixLength)" }
}
