import CNL
import LinuxSystem
package import NetworkTypes

/// An address on a link.
package struct LinkAddress: Sendable, Hashable {
    package var link: Int32
    package var address: CIDR
    /// Whether an IPv4 address is for the node alone, and never a packet's source for others, in what is asked for.
    package var isHostOnly = false
    /// Whether an IPv6 address waits for duplicate address detection before it is used; without, it is usable at once.
    package var detectsDuplicates = false
    /// How far the detection has come, in what the kernel reports.
    package var detection = Detection.passed

    /// A state of IPv6 duplicate address detection (RFC 4862, section 5.4).
    package enum Detection: Sendable, Hashable {
        case passed
        case underWay
        /// Another interface has the address.
        case failed
    }

    /// Whether the kernel sends from it.
    package var isUsable: Bool { detection == .passed }

    package init(link: Int32, address: CIDR) {
        self.link = link
        self.address = address
    }
}

extension LinkAddress {
    func fill(_ message: inout NetlinkMessage) {
        var header = ifaddrmsg()
        header.ifa_family = address.family.number
        header.ifa_prefixlen = UInt8(clamping: address.prefixLength)
        header.ifa_index = UInt32(bitPattern: link)
        if isHostOnly { header.ifa_scope = UInt8(RT_SCOPE_HOST.rawValue) }
        message.append(header)
        message.put(Int(IFA_LOCAL), address.address.bytes)
        message.put(Int(IFA_ADDRESS), address.address.bytes)
        switch address.family {
        case .ipv4:
            if address.hostBits > 1 { message.put(Int(IFA_BROADCAST), address.last.bytes) }
        case .ipv6:
            if !detectsDuplicates { message.put(Int(IFA_FLAGS), UInt32(IFA_F_NODAD)) }
        }
    }

    /// Reads the body of an `RTM_NEWADDR` message.
    init?(parsing body: ArraySlice<UInt8>) {
        // struct ifaddrmsg: u8 family, u8 prefixlen, u8 flags, u8 scope, u32 index
        guard let prefixLength = body.uint8(at: 1), let index = body.int32(at: 4) else { return nil }
        var local: IPAddress?
        var address: IPAddress?
        var flags: UInt32 = 0
        for attribute in NetlinkAttributes(body.dropFirst(MemoryLayout<ifaddrmsg>.size)) {
            switch attribute.type {
            case Int(IFA_FLAGS): flags = attribute.uint32
            case Int(IFA_LOCAL): local = IPAddress(bytes: attribute.value)
            case Int(IFA_ADDRESS): address = IPAddress(bytes: attribute.value)
            default: break
            }
        }
        // IFA_ADDRESS is the peer's where there is one; IPv6 has IFA_LOCAL only then.
        guard let own = local ?? address, let cidr = CIDR(own, prefixLength: Int(prefixLength)) else { return nil }
        self.init(link: index, address: cidr)
        detectsDuplicates = cidr.family == .ipv6 && flags & UInt32(IFA_F_NODAD) == 0
        if flags & UInt32(IFA_F_DADFAILED) != 0 {
            detection = .failed
        } else if flags & UInt32(IFA_F_TENTATIVE) != 0 {
            detection = .underWay
        }
    }
}

extension IPFamily {
    /// AF_INET or AF_INET6.
    var number: UInt8 { self == .ipv4 ? UInt8(AF_INET) : UInt8(AF_INET6) }

    init?(number: UInt8?) {
        switch number {
        case UInt8(AF_INET): self = .ipv4
        case UInt8(AF_INET6): self = .ipv6
        default: return nil
        }
    }
}
