import CNL
import LinuxSystem
import NetworkTypes

extension Link {
    /// Reads the body of an `RTM_NEWLINK` message.
    init?(parsing body: ArraySlice<UInt8>) {
        // struct ifinfomsg: u8 family, u8 pad, u16 type, s32 index, u32 flags, u32 change
        guard let index = body.int32(at: 4), let flags = body.uint32(at: 8) else {
            return nil
        }
        self.init(index: index)
        isUp = flags & UInt32(IFF_UP) != 0
        isPromiscuous = flags & UInt32(IFF_PROMISC) != 0
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
            case Int(IFLA_LINKINFO): read(info: attribute.nested)
            default: break
            }
        }
    }

    private mutating func read(info: NetlinkAttributes) {
        for attribute in info {
            switch attribute.type {
            case Int(IFLA_INFO_KIND): kind = attribute.text
            case Int(IFLA_INFO_DATA) where kind == "bridge": bridge = BridgeOptions(parsing: attribute.nested)
            case Int(IFLA_INFO_SLAVE_DATA): port = BridgePortOptions(parsing: attribute.nested)
            default: break
            }
        }
    }
}

extension BridgeOptions {
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

extension BridgePortOptions {
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
