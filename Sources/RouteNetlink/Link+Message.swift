import CNL
import LinuxSystem
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

extension LinkChange {
    func fill(_ message: inout NetlinkMessage, _ link: LinkReference) {
        link.fill(&message, up: isUp, promiscuous: isPromiscuous)
        if let name { message.put(Int(IFLA_IFNAME), name) }
        if let mac { message.put(Int(IFLA_ADDRESS), mac.bytes) }
        if let mtu { message.put(Int(IFLA_MTU), UInt32(clamping: mtu)) }
        if let alias { message.put(Int(IFLA_IFALIAS), alias) }
        if let group { message.put(Int(IFLA_GROUP), group) }
        if let bridge { LinkKind.bridge(bridge).fill(&message) }
        port?.fill(&message)
    }
}

extension BridgePortOptions {
    fileprivate func fill(_ message: inout NetlinkMessage) {
        message.nest(Int(IFLA_LINKINFO)) { info in
            info.put(Int(IFLA_INFO_SLAVE_KIND), "bridge")
            info.nest(Int(IFLA_INFO_SLAVE_DATA)) { data in
                data.put(Int(IFLA_BRPORT_MODE), hairpin ? 1 : 0 as UInt8)
                data.put(Int(IFLA_BRPORT_ISOLATED), isIsolated ? 1 : 0 as UInt8)
            }
        }
    }

    fileprivate init(parsing data: NetlinkAttributes) {
        self.init(hairpin: false, isIsolated: false)
        for attribute in data {
            switch attribute.type {
            case Int(IFLA_BRPORT_MODE): hairpin = attribute.uint8 != 0
            case Int(IFLA_BRPORT_ISOLATED): isIsolated = attribute.uint8 != 0
            default: break
            }
        }
    }
}

extension Link {
    /// Reads the body of an `RTM_NEWLINK` message.
    init?(parsing body: ArraySlice<UInt8>) {
        // struct ifinfomsg: u8 family, u8 pad, u16 type, s32 index, u32 flags, u32 change
        guard let index = body.int32(at: 4), let flags = body.uint32(at: 8) else { return nil }
        self.init(index: index)
        isUp = flags & UInt32(IFF_UP) != 0
        isRunning = flags & UInt32(IFF_RUNNING) != 0
        isPromiscuous = flags & UInt32(IFF_PROMISC) != 0
        var info: NetlinkAttributes?
        for attribute in NetlinkAttributes(body.dropFirst(MemoryLayout<ifinfomsg>.size)) {
            switch attribute.type {
            case Int(IFLA_IFNAME): name = attribute.text
            case Int(IFLA_ADDRESS): mac = MACAddress(bytes: attribute.value)
            case Int(IFLA_MTU): mtu = Int(attribute.uint32)
            case Int(IFLA_MASTER): master = attribute.int32
            case Int(IFLA_LINK): peer = attribute.int32
            case Int(IFLA_QDISC): queueing = attribute.text
            case Int(IFLA_GROUP): group = attribute.uint32
            case Int(IFLA_IFALIAS): alias = attribute.text
            case Int(IFLA_LINKINFO): info = attribute.nested
            default: break
            }
        }
        if let info { read(info) }
    }

    /// Reads `IFLA_LINKINFO`, of which the kind comes first.
    private mutating func read(_ info: NetlinkAttributes) {
        for attribute in info {
            switch attribute.type {
            case Int(IFLA_INFO_KIND): kind = attribute.text
            case Int(IFLA_INFO_DATA): details = LinkKind(name: kind, parsing: attribute.nested)
            case Int(IFLA_INFO_SLAVE_DATA): port = BridgePortOptions(parsing: attribute.nested)
            default: break
            }
        }
    }
}
