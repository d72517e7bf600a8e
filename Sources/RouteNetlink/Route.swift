import CNL
import LinuxSystem
package import NetworkTypes

/// A unicast route through one link.
package struct Route: Sendable, Hashable {
    package var destination: CIDR
    package var gateway: IPAddress?
    package var link: Int32
    /// 254 is the main table.
    package var table: UInt32 = 254
    /// The metric; 0 leaves the choice to the kernel, which takes 1024 in IPv6.
    package var priority: UInt32 = 0
    /// The kernel's scope number; nil for global behind a gateway and link otherwise, and always in IPv6.
    package var scope: UInt8?
    /// Who made it (`RTPROT_*` or a number of one's own); 3 is `boot`, and 0 in a deletion whoever it was.
    package var protocolNumber: UInt8 = 3
    /// Whether the gateway is taken to be on the link, whatever the addresses say (`RTNH_F_ONLINK`).
    package var isOnLink = false
    package var mtu: UInt32?
    package var advertisedMSS: UInt32?

    package init(destination: CIDR, gateway: IPAddress? = nil, link: Int32) {
        self.destination = destination
        self.gateway = gateway
        self.link = link
    }

    /// The scope of a route that names none.
    private var standardScope: UInt8 { UInt8(gateway == nil ? RT_SCOPE_LINK.rawValue : RT_SCOPE_UNIVERSE.rawValue) }
}

extension Route {
    func fill(_ message: inout NetlinkMessage) {
        var header = rtmsg()
        header.rtm_family = destination.family.number
        header.rtm_dst_len = UInt8(clamping: destination.prefixLength)
        header.rtm_table = UInt8(exactly: table) ?? UInt8(RT_TABLE_UNSPEC.rawValue)
        header.rtm_protocol = protocolNumber
        header.rtm_scope = scope ?? standardScope
        header.rtm_type = UInt8(RTN_UNICAST)
        if isOnLink { header.rtm_flags = UInt32(RTNH_F_ONLINK) }
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

    /// Reads the body of an `RTM_NEWROUTE` message; nil for what is no unicast route through one link.
    init?(parsing body: ArraySlice<UInt8>) {
        // struct rtmsg: u8 family, dst_len, src_len, tos, table, protocol, scope, type, u32 flags
        guard let family = IPFamily(number: body.uint8(at: 0)), let prefixLength = body.uint8(at: 1),
            let protocolNumber = body.uint8(at: 5), let scope = body.uint8(at: 6), let type = body.uint8(at: 7),
            let flags = body.uint32(at: 8), Int(type) == Int(RTN_UNICAST), flags & UInt32(RTM_F_CLONED) == 0
        else { return nil }
        var destination = IPAddress(family: family, value: 0)
        var link: Int32?
        var gateway: IPAddress?
        var metrics: NetlinkAttributes?
        var table: UInt32 = 0
        var priority: UInt32 = 0
        for attribute in NetlinkAttributes(body.dropFirst(MemoryLayout<rtmsg>.size)) {
            switch attribute.type {
            case Int(RTA_DST.rawValue): destination = IPAddress(bytes: attribute.value) ?? destination
            case Int(RTA_GATEWAY.rawValue): gateway = IPAddress(bytes: attribute.value)
            case Int(RTA_OIF.rawValue): link = attribute.int32
            case Int(RTA_TABLE.rawValue): table = attribute.uint32
            case Int(RTA_PRIORITY.rawValue): priority = attribute.uint32
            case Int(RTA_METRICS.rawValue): metrics = attribute.nested
            default: break
            }
        }
        guard let link, let cidr = CIDR(destination, prefixLength: Int(prefixLength)) else { return nil }
        self.init(destination: cidr, gateway: gateway, link: link)
        self.table = table
        self.priority = priority
        self.protocolNumber = protocolNumber
        isOnLink = flags & UInt32(RTNH_F_ONLINK) != 0
        self.scope = family == .ipv6 || scope == standardScope ? nil : scope
        if let metrics { read(metrics) }
    }

    private mutating func read(_ metrics: NetlinkAttributes) {
        for attribute in metrics {
            switch attribute.type {
            case Int(RTAX_MTU): mtu = attribute.uint32
            case Int(RTAX_ADVMSS): advertisedMSS = attribute.uint32
            default: break
            }
        }
    }
}
