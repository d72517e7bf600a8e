import CNL
import NetworkTypes

extension LinkReference {
    /// Appends the header, with the flags to change, and the name.
    func fill(_ message: inout NetlinkMessage, up: Bool?, promiscuous: Bool? = nil) {
        var header = ifinfomsg()
        if case .index(let index) = self { header.ifi_index = index }
        for (flag, value) in [(IFF_UP, up), (IFF_PROMISC, promiscuous)] {
            guard let value else { continue }
            header.ifi_change |= UInt32(flag)
            if value { header.ifi_flags |= UInt32(flag) }
        }
        message.append(header)
        if case .name(let name) = self { message.put(Int(IFLA_IFNAME), name) }
    }
}

extension BridgeOptions {
    fileprivate func fill(_ message: inout NetlinkMessage) {
        message.nest(Int(IFLA_LINKINFO)) { info in
            info.put(Int(IFLA_INFO_KIND), "bridge")
            info.nest(Int(IFLA_INFO_DATA)) { data in
                for (attribute, value) in [
                    (IFLA_BR_NF_CALL_IPTABLES, callsIPTables), (IFLA_BR_NF_CALL_IP6TABLES, callsIP6Tables),
                    (IFLA_BR_VLAN_FILTERING, filtersVLANs),
                ] {
                    if let value { data.put(Int(attribute), value ? 1 : 0 as UInt8) }
                }
                if let defaultVLAN { data.put(Int(IFLA_BR_VLAN_DEFAULT_PVID), defaultVLAN) }
            }
        }
    }
}

extension BridgeSpecification {
    func fill(_ message: inout NetlinkMessage) {
        LinkReference.name(name).fill(&message, up: true)
        message.put(Int(IFLA_ADDRESS), mac.bytes)
        if let mtu { message.put(Int(IFLA_MTU), UInt32(clamping: mtu)) }
        options.fill(&message)
    }
}

extension VethSpecification {
    func fill(_ message: inout NetlinkMessage) {
        LinkReference.index(index ?? 0).fill(&message, up: true)
        message.put(Int(IFLA_IFNAME), name)
        message.put(Int(IFLA_ADDRESS), mac.bytes)
        if let master { message.put(Int(IFLA_MASTER), UInt32(bitPattern: master)) }
        if let mtu { message.put(Int(IFLA_MTU), UInt32(clamping: mtu)) }
        message.nest(Int(IFLA_LINKINFO)) { info in
            info.put(Int(IFLA_INFO_KIND), "veth")
            info.nest(Int(IFLA_INFO_DATA)) { data in
                data.nest(Int(VETH_INFO_PEER)) { peer in
                    peer.append(ifinfomsg())
                    peer.put(Int(IFLA_IFNAME), peerName)
                    peer.put(Int(IFLA_ADDRESS), peerMAC.bytes)
                    if let peerNamespace { peer.put(Int(IFLA_NET_NS_FD), UInt32(bitPattern: peerNamespace)) }
                    if let mtu { peer.put(Int(IFLA_MTU), UInt32(clamping: mtu)) }
                }
            }
        }
    }
}

extension LinkChange {
    func fill(_ message: inout NetlinkMessage, _ link: LinkReference) {
        link.fill(&message, up: isUp, promiscuous: isPromiscuous)
        if let mac { message.put(Int(IFLA_ADDRESS), mac.bytes) }
        if let alias { message.put(Int(IFLA_IFALIAS), alias) }
        if let group { message.put(Int(IFLA_GROUP), group) }
        bridge?.fill(&message)
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
