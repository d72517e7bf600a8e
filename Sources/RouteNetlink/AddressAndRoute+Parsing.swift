import CNL
import LinuxSystem
import NetworkTypes

extension LinkAddress {
    /// Reads the body of an `RTM_NEWADDR` message.
    init?(parsing body: ArraySlice<UInt8>) {
        // struct ifaddrmsg: u8 family, u8 prefixlen, u8 flags, u8 scope, u32 index
        guard let prefixLength = body.uint8(at: 1), let index = body.int32(at: 4) else {
            return nil
        }
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

extension Route {
    /// Reads the body of an `RTM_NEWROUTE` message; nil for what is no unicast route through one link.
    init?(parsing body: ArraySlice<UInt8>, family: IPFamily) {
        // struct rtmsg: u8 family, dst_len, src_len, tos, table, protocol, scope, type, u32 flags
        guard let prefixLength = body.uint8(at: 1), let scope = body.uint8(at: 6),
            let type = body.uint8(at: 7), Int(type) == Int(RTN_UNICAST)
        else { return nil }
        var destination = IPAddress(family: family, value: 0)
        var link: Int32?
        var gateway: IPAddress?
        var table: UInt32 = 0
        var priority: UInt32 = 0
        for attribute in NetlinkAttributes(body.dropFirst(MemoryLayout<rtmsg>.size)) {
            switch attribute.type {
            case Int(RTA_DST.rawValue): destination = IPAddress(bytes: attribute.value) ?? destination
            case Int(RTA_GATEWAY.rawValue): gateway = IPAddress(bytes: attribute.value)
            case Int(RTA_OIF.rawValue): link = attribute.int32
            case Int(RTA_TABLE.rawValue): table = attribute.uint32
            case Int(RTA_PRIORITY.rawValue): priority = attribute.uint32
            default: break
            }
        }
        guard let link, let cidr = CIDR(destination, prefixLength: Int(prefixLength)) else { return nil }
        self.init(destination: cidr, gateway: gateway, link: link)
        self.table = table
        self.priority = priority
        self.scope = scope
    }
}

extension Neighbour {
    /// Reads the body of an `RTM_NEWNEIGH` message; nil when it has no MAC address.
    init?(parsing body: ArraySlice<UInt8>) {
        // struct ndmsg: u8 family, u8 pad, u16 pad, s32 ifindex, u16 state, u8 flags, u8 type
        guard let index = body.int32(at: 4) else { return nil }
        var address: IPAddress?
        var mac: MACAddress?
        for attribute in NetlinkAttributes(body.dropFirst(MemoryLayout<ndmsg>.size)) {
            switch attribute.type {
            case Int(NDA_DST): address = IPAddress(bytes: attribute.value)
            case Int(NDA_LLADDR): mac = MACAddress(bytes: attribute.value)
            default: break
            }
        }
        guard let address, let mac else { return nil }
        self.init(link: index, address: address, mac: mac)
    }
}
