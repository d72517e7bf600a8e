import CNL
import LinuxSystem
import NetworkTypes

extension LinkSpecification {
    func fill(_ message: inout NetlinkMessage) {
        LinkReference.index(index ?? 0).fill(&message, up: isUp ? true : nil)
        message.put(Int(IFLA_IFNAME), name)
        if let mac { message.put(Int(IFLA_ADDRESS), mac.bytes) }
        if let master { message.put(Int(IFLA_MASTER), UInt32(bitPattern: master)) }
        if let lower { message.put(Int(IFLA_LINK), UInt32(bitPattern: lower)) }
        if let mtu { message.put(Int(IFLA_MTU), UInt32(clamping: mtu)) }
        kind.fill(&message, mtu: mtu)
    }
}

extension LinkKind {
    /// Appends what only this kind has; libnl leaves the data out where it is empty.
    ///
    /// - Parameter mtu: the link's, which a veth's other end has too.
    func fill(_ message: inout NetlinkMessage, mtu: Int? = nil) {
        message.nest(Int(IFLA_LINKINFO)) { info in
            info.put(Int(IFLA_INFO_KIND), name)
            info.nest(Int(IFLA_INFO_DATA)) { data in
                switch self {
                case .bridge(let options): options.fill(&data)
                case .veth(let peer): peer.fill(&data, mtu: mtu)
                case .vlan(let number): data.put(Int(IFLA_VLAN_ID), number)
                case .vxlan(let options): options.fill(&data)
                }
            }
        }
    }

    /// Reads `IFLA_INFO_DATA`; nil for a kind that is not known, or of which the kernel says nothing.
    init?(name: String, parsing data: NetlinkAttributes) {
        switch name {
        case "bridge": self = .bridge(BridgeOptions(parsing: data))
        case "vlan":
            guard let number = data.first(where: { $0.type == Int(IFLA_VLAN_ID) })?.value.uint16(at: 0) else {
                return nil
            }
            self = .vlan(number)
        case "vxlan": self = .vxlan(VXLANOptions(parsing: data))
        default: return nil
        }
    }
}

extension BridgeOptions {
    fileprivate func fill(_ data: inout NetlinkMessage) {
        for (attribute, value) in [
            (IFLA_BR_NF_CALL_IPTABLES, callsIPTables), (IFLA_BR_NF_CALL_IP6TABLES, callsIP6Tables),
            (IFLA_BR_VLAN_FILTERING, filtersVLANs),
        ] {
            if let value { data.put(Int(attribute), value ? 1 : 0 as UInt8) }
        }
        if let defaultVLAN { data.put(Int(IFLA_BR_VLAN_DEFAULT_PVID), defaultVLAN) }
    }

    fileprivate init(parsing data: NetlinkAttributes) {
        self.init()
        for attribute in data {
            switch attribute.type {
            case Int(IFLA_BR_NF_CALL_IPTABLES): callsIPTables = attribute.uint8 != 0
            case Int(IFLA_BR_NF_CALL_IP6TABLES): callsIP6Tables = attribute.uint8 != 0
            case Int(IFLA_BR_VLAN_FILTERING): filtersVLANs = attribute.uint8 != 0
            case Int(IFLA_BR_VLAN_DEFAULT_PVID): defaultVLAN = attribute.value.uint16(at: 0)
            default: break
            }
        }
    }
}

extension VethPeer {
    fileprivate func fill(_ data: inout NetlinkMessage, mtu: Int?) {
        data.nest(Int(VETH_INFO_PEER)) { peer in
            peer.append(ifinfomsg())
            peer.put(Int(IFLA_IFNAME), name)
            peer.put(Int(IFLA_ADDRESS), mac.bytes)
            if let namespace { peer.put(Int(IFLA_NET_NS_FD), UInt32(bitPattern: namespace)) }
            if let mtu { peer.put(Int(IFLA_MTU), UInt32(clamping: mtu)) }
        }
    }
}

extension VXLANOptions {
    fileprivate func fill(_ data: inout NetlinkMessage) {
        data.put(Int(IFLA_VXLAN_ID), id)
        data.put(Int(IFLA_VXLAN_PORT), port.bigEndian)
        if let underlay { data.put(Int(IFLA_VXLAN_LINK), UInt32(bitPattern: underlay)) }
        if let local { data.put(Int(local.family == .ipv4 ? IFLA_VXLAN_LOCAL : IFLA_VXLAN_LOCAL6), local.bytes) }
        data.put(Int(IFLA_VXLAN_LEARNING), learns ? 1 : 0 as UInt8)
    }

    fileprivate init(parsing data: NetlinkAttributes) {
        self.init(id: 0)
        for attribute in data {
            switch attribute.type {
            case Int(IFLA_VXLAN_ID): id = attribute.uint32
            case Int(IFLA_VXLAN_PORT): port = attribute.networkUInt16
            case Int(IFLA_VXLAN_LINK): underlay = attribute.int32 == 0 ? nil : attribute.int32
            case Int(IFLA_VXLAN_LOCAL), Int(IFLA_VXLAN_LOCAL6): local = IPAddress(bytes: attribute.value)
            case Int(IFLA_VXLAN_LEARNING): learns = attribute.uint8 != 0
            default: break
            }
        }
    }
}
