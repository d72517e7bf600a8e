import CNL
import NetworkTypes

extension IPFamily {
    /// AF_INET or AF_INET6.
    var number: UInt8 { self == .ipv4 ? UInt8(AF_INET) : UInt8(AF_INET6) }
}

extension LinkAddress {
    func fill(_ message: inout NetlinkMessage) {
        var header = ifaddrmsg()
        header.ifa_family = address.family.number
        header.ifa_prefixlen = UInt8(clamping: address.prefixLength)
        header.ifa_index = UInt32(bitPattern: link)
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
}

extension Route {
    func fill(_ message: inout NetlinkMessage) {
        var header = rtmsg()
        header.rtm_family = destination.family.number
        header.rtm_dst_len = UInt8(clamping: destination.prefixLength)
        header.rtm_table = UInt8(exactly: table) ?? UInt8(RT_TABLE_UNSPEC.rawValue)
        header.rtm_protocol = UInt8(RTPROT_BOOT)
        header.rtm_scope = scope ?? UInt8(gateway == nil ? RT_SCOPE_LINK.rawValue : RT_SCOPE_UNIVERSE.rawValue)
        header.rtm_type = UInt8(RTN_UNICAST)
        message.append(header)
        if destination.prefixLength > 0 { message.put(Int(RTA_DST.rawValue), destination.first.bytes) }
        if let gateway { message.put(Int(RTA_GATEWAY.rawValue), gateway.bytes) }
        message.put(Int(RTA_OIF.rawValue), UInt32(bitPattern: link))
        message.put(Int(RTA_TABLE.rawValue), table)
        if priority > 0 { message.put(Int(RTA_PRIORITY.rawValue), priority) }
        if mtu != nil || advertisedMSS != nil {
            message.nest(Int(RTA_METRICS.rawValue)) { metrics in
                if let mtu { metrics.put(Int(RTAX_MTU), mtu) }
                if let advertisedMSS { metrics.put(Int(RTAX_ADVMSS), advertisedMSS) }
            }
        }
    }
}

extension Neighbour {
    func fill(_ message: inout NetlinkMessage) {
        var header = ndmsg()
        header.ndm_family = address.family.number
        header.ndm_ifindex = link
        header.ndm_state = UInt16(NUD_PERMANENT)
        message.append(header)
        message.put(Int(NDA_DST), address.bytes)
        message.put(Int(NDA_LLADDR), mac.bytes)
    }
}
