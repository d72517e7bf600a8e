import CNFTNL
import NetworkTypes

/// The numbers that expressions have in common when they are built and when they are read.
enum ExpressionNumber {
    /// `NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED`, which the kernel sets when the registers are given.
    static let natRange: UInt32 = 3
    /// `NF_NAT_RANGE_PROTO_RANDOM_FULLY`.
    static let fullyRandom: UInt32 = 1 << 4
    /// `NFT_BITWISE_BOOL`.
    static let bitwiseBoolean: UInt32 = 0
    /// `IP_CT_DIR_ORIGINAL`.
    static let original: UInt8 = 0
}

extension Expression.Rejection {
    /// The reject type and code, `enum nft_reject_types` and the ICMP code.
    var netlinkNumbers: (type: UInt32, code: UInt8) {
        switch self {
        case .tcpReset: (UInt32(NFT_REJECT_TCP_RST.rawValue), 0)
        case .portUnreachable(.ipv4): (UInt32(NFT_REJECT_ICMP_UNREACH.rawValue), 3)
        case .portUnreachable(.ipv6): (UInt32(NFT_REJECT_ICMP_UNREACH.rawValue), 4)
        case .protocolUnreachable: (UInt32(NFT_REJECT_ICMP_UNREACH.rawValue), 2)
        }
    }

    /// Reads them; nil for a way to reject that Fairway does not use.
    init?(type: UInt32, code: UInt8) {
        let known: [Self] = [.tcpReset, .portUnreachable(.ipv4), .portUnreachable(.ipv6), .protocolUnreachable]
        guard let match = known.first(where: { $0.netlinkNumbers == (type, code) }) else { return nil }
        self = match
    }
}

extension IPFamily {
    /// `NFPROTO_IPV4` or `NFPROTO_IPV6`.
    var netfilterNumber: UInt32 { self == .ipv4 ? 2 : 10 }

    init?(netfilterNumber: UInt32) {
        switch netfilterNumber {
        case 2: self = .ipv4
        case 10: self = .ipv6
        default: return nil
        }
    }
}
