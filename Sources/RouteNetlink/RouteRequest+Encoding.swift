import CNL
import LinuxSystem
import NetworkTypes

extension RouteRequest {
    /// The request as a netlink message that asks for an acknowledgement.
    func encoded(sequence: UInt32) throws(NetlinkError) -> [UInt8] {
        guard var message = NetlinkMessage(type: type, flags: flags | NLM_F_ACK, sequence: sequence) else {
            throw NetlinkError(description, .outOfMemory)
        }
        fill(&message)
        guard !message.isOverfull else { throw NetlinkError(description, .messageTooLong) }
        return message.bytes
    }

    private var type: Int {
        switch self {
        case .createBridge, .createVeth, .changeLink: Int(RTM_NEWLINK)
        case .deleteLink, .deleteGroup: Int(RTM_DELLINK)
        case .addAddress: Int(RTM_NEWADDR)
        case .addRoute: Int(RTM_NEWROUTE)
        case .setNeighbour: Int(RTM_NEWNEIGH)
        case .deleteNeighbour: Int(RTM_DELNEIGH)
        }
    }

    private var flags: Int32 {
        switch self {
        case .createBridge, .createVeth, .addAddress, .addRoute: NLM_F_CREATE | NLM_F_EXCL
        case .setNeighbour: NLM_F_CREATE | NLM_F_REPLACE
        case .changeLink, .deleteLink, .deleteGroup, .deleteNeighbour: 0
        }
    }

    private func fill(_ message: inout NetlinkMessage) {
        switch self {
        case .createBridge(let bridge): bridge.fill(&message)
        case .createVeth(let veth): veth.fill(&message)
        case .changeLink(let link, let change): change.fill(&message, link)
        case .deleteLink(let link): link.fill(&message, up: nil)
        case .deleteGroup(let group):
            message.append(ifinfomsg())
            message.put(Int(IFLA_GROUP), group)
        case .addAddress(let address): address.fill(&message)
        case .addRoute(let route): route.fill(&message)
        case .setNeighbour(let neighbour): neighbour.fill(&message)
        case .deleteNeighbour(let neighbour): neighbour.fill(&message)
        }
    }
}

extension IPFamily {
    /// AF_INET or AF_INET6.
    var number: UInt8 { self == .ipv4 ? UInt8(AF_INET) : UInt8(AF_INET6) }
}

extension LinkReference {
    fileprivate func fill(_ message: inout NetlinkMessage, up: Bool?) {
        var header = ifinfomsg()
        if case .index(let index) = self { header.ifi_index = index }
        if let up {
            header.ifi_flags = up ? UInt32(IFF_UP) : 0
            header.ifi_change = UInt32(IFF_UP)
        }
        message.append(header)
        if case .name(let name) = self { message.put(Int(IFLA_IFNAME), name) }
    }
}

extension BridgeOptions? {
    fileprivate func fill(_ message: inout NetlinkMessage) {
        message.nest(Int(IFLA_LINKINFO)) { info in
            info.put(Int(IFLA_INFO_KIND), "bridge")
            guard let options = self else { return }
            info.nest(Int(IFLA_INFO_DATA)) { data in
                data.put(Int(IFLA_BR_NF_CALL_IPTABLES), options.callsIPTables ? 1 : 0 as UInt8)
                data.put(Int(IFLA_BR_NF_CALL_IP6TABLES), options.callsIP6Tables ? 1 : 0 as UInt8)
            }
        }
    }
}

extension BridgeSpecification {
    fileprivate func fill(_ message: inout NetlinkMessage) {
        LinkReference.name(name).fill(&message, up: true)
        message.put(Int(IFLA_ADDRESS), mac.bytes)
        if let mtu { message.put(Int(IFLA_MTU), UInt32(clamping: mtu)) }
        options.fill(&message)
    }
}

extension VethSpecification {
    fileprivate func fill(_ message: inout NetlinkMessage) {
        LinkReference.name(name).fill(&message, up: true)
        message.put(Int(IFLA_ADDRESS), mac.bytes)
        message.put(Int(IFLA_MASTER), UInt32(bitPattern: master))
        if let mtu { message.put(Int(IFLA_MTU), UInt32(clamping: mtu)) }
        message.nest(Int(IFLA_LINKINFO)) { info in
            info.put(Int(IFLA_INFO_KIND), "veth")
            info.nest(Int(IFLA_INFO_DATA)) { data in
                data.nest(Int(VETH_INFO_PEER)) { peer in
                    peer.append(ifinfomsg())
                    peer.put(Int(IFLA_IFNAME), peerName)
                    peer.put(Int(IFLA_ADDRESS), peerMAC.bytes)
                    peer.put(Int(IFLA_NET_NS_FD), UInt32(bitPattern: peerNamespace))
                    if let mtu { peer.put(Int(IFLA_MTU), UInt32(clamping: mtu)) }
                }
            }
        }
    }
}

extension LinkChange {
    fileprivate func fill(_ message: inout NetlinkMessage, _ link: LinkReference) {
        link.fill(&message, up: isUp)
        if let alias { message.put(Int(IFLA_IFALIAS), alias) }
        if let group { message.put(Int(IFLA_GROUP), group) }
        if bridge != nil { bridge.fill(&message) }
        if let port {
            message.nest(Int(IFLA_LINKINFO)) { info in
                info.put(Int(IFLA_INFO_SLAVE_KIND), "bridge")
                info.nest(Int(IFLA_INFO_SLAVE_DATA)) { data in
                    data.put(Int(IFLA_BRPORT_MODE), port.hairpin ? 1 : 0 as UInt8)
                    data.put(Int(IFLA_BRPORT_ISOLATED), port.isIsolated ? 1 : 0 as UInt8)
                }
            }
        }
    }
}

extension LinkAddress {
    fileprivate func fill(_ message: inout NetlinkMessage) {
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
            message.put(Int(IFA_FLAGS), UInt32(IFA_F_NODAD))
        }
    }
}

extension Route {
    fileprivate func fill(_ message: inout NetlinkMessage) {
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
    fileprivate func fill(_ message: inout NetlinkMessage) {
        var header = ndmsg()
        header.ndm_family = address.family.number
        header.ndm_ifindex = link
        header.ndm_state = UInt16(NUD_PERMANENT)
        message.append(header)
        message.put(Int(NDA_DST), address.bytes)
        message.put(Int(NDA_LLADDR), mac.bytes)
    }
}
