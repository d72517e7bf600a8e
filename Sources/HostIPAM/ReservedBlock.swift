import NetworkTypes

/// Addresses with a meaning of their own, which no pod can have.
struct ReservedBlock {
    /// What they are, as in "loopback addresses".
    let kind: String
    let first: IPAddress
    let prefixLength: Int

    static let all = [
        ReservedBlock("loopback", .v4(IPv4Address(value: 0x7f00_0000)), 8),
        ReservedBlock("link-local", .v4(IPv4Address(value: 0xa9fe_0000)), 16),
        ReservedBlock("multicast", .v4(IPv4Address(value: 0xe000_0000)), 4),
        ReservedBlock("loopback", .v6(IPv6Address(value: 1)), 128),
        ReservedBlock("IPv4-mapped", .v6(IPv6Address(value: 0xffff << 32)), 96),
        ReservedBlock("link-local", .v6(IPv6Address(value: 0xfe80 << 112)), 10),
        ReservedBlock("multicast", .v6(IPv6Address(value: 0xff << 120)), 8),
    ]

    private init(_ kind: String, _ first: IPAddress, _ prefixLength: Int) {
        self.kind = kind
        self.first = first
        self.prefixLength = prefixLength
    }

    var network: String { "\(first)/\(prefixLength)" }

    /// Whether any of the addresses from one to another is in the block.
    func meets(_ start: IPAddress, _ end: IPAddress) -> Bool {
        guard start.family == first.family else { return false }
        let last = first.value + (UInt128.max >> UInt128(128 - first.family.addressBits + prefixLength))
        return start.value <= last && first.value <= end.value
    }
}
