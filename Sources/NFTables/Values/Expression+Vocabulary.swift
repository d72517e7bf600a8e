package import NetworkTypes

/// The steps that the rules of several tables have in common.
extension Expression {
    /// Where the addresses lie in the IP header.
    private static func sourceOffset(_ family: IPFamily) -> UInt32 { family == .ipv4 ? 12 : 8 }
    private static func destinationOffset(_ family: IPFamily) -> UInt32 { family == .ipv4 ? 16 : 24 }

    /// Where the protocol of what follows lies in the IP header.
    static func protocolOffset(_ family: IPFamily) -> UInt32 { family == .ipv4 ? 9 : 6 }

    /// Loads the leading bytes of the source address, all of them unless said otherwise.
    package static func loadSource(_ family: IPFamily, bytes: Int? = nil, to register: Register) -> Expression {
        .payload(.network, offset: sourceOffset(family), length: UInt32(bytes ?? family.addressBytes), to: register)
    }

    /// Loads the leading bytes of the destination address, all of them unless said otherwise.
    package static func loadDestination(_ family: IPFamily, bytes: Int? = nil, to register: Register) -> Expression {
        .payload(
            .network, offset: destinationOffset(family), length: UInt32(bytes ?? family.addressBytes), to: register)
    }

    /// A number in host byte order, as marks, priorities and conntrack's bits are kept; little-endian, as all of
    /// Fairway's targets are.
    package static func hostBytes(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

extension [Expression] {
    /// `RTN_LOCAL`.
    private static let routingTypeLocal: UInt32 = 2
    /// `NF_CT_STATE_INVALID_BIT`.
    private static let stateInvalid: UInt32 = 1
    /// `NF_CT_STATE_BIT(IP_CT_NEW)`.
    private static let stateNew: UInt32 = 1 << 3
    /// `IPS_DST_NAT`.
    private static let statusDNAT: UInt32 = 1 << 5

    /// Loads `meta l4proto . th dport`, two registers.
    package static func loadProtocolAndPort(to register: Register) -> [Expression] {
        [
            .loadMeta(.transportProtocol, to: register),
            .payload(.transport, offset: 2, length: 2, to: register.after(bytes: 4)),
        ]
    }

    /// Loads `ip protocol . th dport` or `ip6 nexthdr . th dport`, two registers, for a set of ranges.
    ///
    /// There nft 1.0.6 turns `meta l4proto` into network order, two bytes of its one, which Linux 6.12.117 refuses
    /// (`findings/nft-protocol-in-a-range-key-on-6.12.sh`). A packet with IPv6 extension headers has another number there.
    package static func loadHeaderProtocolAndPort(_ family: IPFamily, to register: Register) -> [Expression] {
        [
            .payload(.network, offset: Expression.protocolOffset(family), length: 1, to: register),
            .payload(.transport, offset: 2, length: 2, to: register.after(bytes: 4)),
        ]
    }

    /// The packet is of a protocol.
    package static func isProtocol(_ proto: TransportProtocol) -> [Expression] {
        [.loadMeta(.transportProtocol, to: Register(0)), .compare(Register(0), .equal, [proto.number])]
    }

    /// The destination is one of the node's own addresses.
    package static var isToNode: [Expression] { isOfNode(.destination) }

    /// The source is one of the node's own addresses.
    package static var isFromNode: [Expression] { isOfNode(.source) }

    private static func isOfNode(_ address: Expression.Address) -> [Expression] {
        [
            .loadAddressType(address, to: Register(0)),
            .compare(Register(0), .equal, Expression.hostBytes(routingTypeLocal)),
        ]
    }

    /// The packet is the first of its connection: `ct state new`.
    package static var isNew: [Expression] { hasState(stateNew) }

    /// The packet does not fit the connection that it belongs to, or none: `ct state invalid`.
    package static var isInvalid: [Expression] { hasState(stateInvalid) }

    private static func hasState(_ bit: UInt32) -> [Expression] {
        [
            .loadConntrackState(to: Register(0)),
            .bitwise(Register(0), mask: Expression.hostBytes(bit), xor: Expression.hostBytes(0)),
            .compare(Register(0), .notEqual, Expression.hostBytes(0)),
        ]
    }

    /// The packet came, or did not come, by an interface whose name is this, or begins with it.
    package static func inputInterface(
        _ comparison: Expression.Comparison, _ name: String, isPrefix: Bool = false
    ) -> [Expression] {
        let text = [UInt8](name.utf8.prefix(15))
        let padding = isPrefix ? 0 : 16 - text.count
        return [
            .loadMeta(.inputInterfaceName, to: Register(0)),
            .compare(Register(0), comparison, text + [UInt8](repeating: 0, count: padding)),
        ]
    }

    /// The destination is no loopback address.
    package static func isNotToLoopback(_ family: IPFamily) -> [Expression] {
        switch family {
        case .ipv4: [.loadDestination(family, bytes: 1, to: Register(0)), .compare(Register(0), .notEqual, [127])]
        case .ipv6:
            [
                .loadDestination(family, to: Register(0)),
                .compare(Register(0), .notEqual, IPv6Address(value: 1).bytes),
            ]
        }
    }

    /// The connection's destination has been translated: `ct status dnat`.
    package static var isTranslated: [Expression] {
        [
            .loadConntrackStatus(to: Register(0)),
            .bitwise(
                Register(0), mask: Expression.hostBytes(statusDNAT), xor: Expression.hostBytes(0)),
            .compare(Register(0), .notEqual, Expression.hostBytes(0)),
        ]
    }

    /// Sets bits of the packet's mark.
    package static func setMark(_ bits: UInt32) -> [Expression] { change(.mark, keeping: ~bits, xor: bits) }

    /// Sets bits of the packet's priority.
    package static func setPriority(bits: UInt32) -> [Expression] { change(.priority, keeping: ~bits, xor: bits) }

    /// Clears all of the packet's priority but these bits.
    package static func keepPriority(bits: UInt32) -> [Expression] { change(.priority, keeping: bits, xor: 0) }

    private static func change(_ field: Expression.MetaKey, keeping mask: UInt32, xor: UInt32) -> [Expression] {
        [
            .loadMeta(field, to: Register(0)),
            .bitwise(Register(0), mask: Expression.hostBytes(mask), xor: Expression.hostBytes(xor)),
            .setMeta(field, from: Register(0)),
        ]
    }

    /// All of these bits of the packet's mark are set; clears them by XOR.
    package static func takeMark(_ bits: UInt32) -> [Expression] {
        [
            .loadMeta(.mark, to: Register(0)),
            .bitwise(Register(0), mask: Expression.hostBytes(bits), xor: Expression.hostBytes(0)),
            .compare(Register(0), .equal, Expression.hostBytes(bits)),
            .loadMeta(.mark, to: Register(0)),
            .bitwise(Register(0), mask: Expression.hostBytes(.max), xor: Expression.hostBytes(bits)),
            .setMeta(.mark, from: Register(0)),
        ]
    }

    /// Loads source and destination address, one behind the other, from the first register on.
    package static func loadAddresses(_ family: IPFamily) -> [Expression] {
        [
            .loadSource(family, to: Register(0)),
            .loadDestination(family, to: Register(0).after(bytes: family.addressBytes)),
        ]
    }
}
