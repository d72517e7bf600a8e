package import NetworkTypes

/// One step of a rule, as the kernel's nf_tables machine executes it (`linux/netfilter/nf_tables.h`).
package enum Expression: Sendable, Hashable {
    package enum PayloadBase: UInt32, Sendable, Hashable {
        /// The Ethernet header.
        case link = 0
        case network = 1
        case transport = 2
    }

    package enum MetaKey: UInt32, Sendable, Hashable {
        case priority = 2
        case mark = 3
        /// 16 bytes, padded with zeros.
        case inputInterfaceName = 6
        /// 16 bytes, padded with zeros.
        case outputInterfaceName = 7
        case transportProtocol = 16
    }

    /// What a connection's first packet had before NAT changed it (`enum nft_ct_keys`, direction original).
    package enum OriginalKey: UInt32, Sendable, Hashable {
        /// nft knows its type, and so can load it, only behind a compare of the protocol.
        case destinationPort = 12
        case sourceIPv4Address = 19
        case destinationIPv4Address = 20
        case sourceIPv6Address = 21
        case destinationIPv6Address = 22
    }

    package enum Comparison: UInt32, Sendable, Hashable {
        case equal = 0
        case notEqual = 1
    }

    /// What becomes of the data a lookup finds.
    package enum LookupResult: Sendable, Hashable {
        /// The set is no map: the rule goes on when the key is in it.
        case membership
        /// The rule goes on when the key is not in the set.
        case absence
        case data(Register)
        /// The map's data is a verdict, which is executed.
        case verdict
    }

    package enum Address: UInt32, Sendable, Hashable, CaseIterable {
        /// `NFTA_FIB_F_SADDR`
        case source = 1
        /// `NFTA_FIB_F_DADDR`
        case destination = 2
    }

    package enum Rejection: Sendable, Hashable {
        case tcpReset
        /// ICMP or ICMPv6 port unreachable, by the table's family.
        case portUnreachable(IPFamily)
        /// ICMP protocol unreachable; ICMPv6 has nothing of the kind.
        case protocolUnreachable
    }

    /// Loads packet bytes.
    case payload(PayloadBase, offset: UInt32, length: UInt32, to: Register)
    case loadMeta(MetaKey, to: Register)
    case setMeta(MetaKey, from: Register)
    /// The rule ends unless the register compares so with these bytes.
    case compare(Register, Comparison, [UInt8])
    /// `register = (register & mask) ^ xor`.
    case bitwise(Register, mask: [UInt8], xor: [UInt8])
    /// Turns a register's numbers of `size` bytes, `length` bytes together, into network byte order.
    ///
    /// nft puts it behind every part of a range's key that is in host byte order, one of a single byte included, where it
    /// does nothing.
    case toNetworkOrder(Register, length: UInt32, size: UInt32)
    /// The rule ends when a lookup finds nothing.
    case lookup(set: String, key: Register, LookupResult)
    /// Adds the register's content to a set that rules may add to, or renews it there, for so many milliseconds.
    ///
    /// 0 for the set's own time. Data go to a map with a new key; those of a key that is there stay as they are. The rule
    /// ends where the set is full.
    case remember(in: String, key: Register, data: Register? = nil, milliseconds: UInt64 = 0)
    /// Deletes the register's content from a set that rules may add to; a map's data play no part.
    case forget(in: String, key: Register, data: Register? = nil)
    /// A random number from the offset to offset + modulus - 1, in host byte order.
    case random(modulus: UInt32, offset: UInt32 = 0, to: Register)
    case immediate([UInt8], to: Register)
    case verdict(Verdict)
    /// Rewrites the destination to the address and the port in these registers.
    case dnat(IPFamily, address: Register, port: Register)
    /// Masquerade with fully random source ports.
    case masquerade
    case reject(Rejection)
    /// Counts packets and bytes; what it has counted is no part of the rule.
    case counter
    /// The status bits of the packet's conntrack entry, in host byte order.
    case loadConntrackStatus(to: Register)
    /// What the packet's conntrack entry says about the connection's first packet; the rule ends where there is none.
    case loadOriginal(OriginalKey, to: Register)
    /// What conntrack makes of the packet: a bit of `NF_CT_STATE_BIT`, in host byte order.
    case loadConntrackState(to: Register)
    /// The routing type of one of the packet's addresses (`RTN_LOCAL` is 2), in host byte order.
    case loadAddressType(Address, to: Register)
    /// One that Fairway never makes, in libnftnl's words; it is equal to none of the others.
    case foreign(String)
}

extension Expression {
    package static let accept = Expression.verdict(.accept)
    package static let drop = Expression.verdict(.drop)
    package static let `return` = Expression.verdict(.return)

    package static func goto(chain: String) -> Expression { .verdict(.goto(chain)) }

    package static func jump(chain: String) -> Expression { .verdict(.jump(chain)) }
}
