import CNL
import LinuxSystem

/// VLANs of a bridge's port, or of the bridge device itself.
///
/// These requests are of the bridge's own address family and know a link by its index only.
package struct PortVLANs: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package var range: ClosedRange<UInt16>
        /// Whether untagged frames that come in belong to it (`BRIDGE_VLAN_INFO_PVID`); a single VLAN only.
        package var isPortVLAN: Bool
        /// Whether its frames leave untagged (`BRIDGE_VLAN_INFO_UNTAGGED`).
        package var isUntagged: Bool

        package init(_ range: ClosedRange<UInt16>, isPortVLAN: Bool = false, isUntagged: Bool = false) {
            self.range = range
            self.isPortVLAN = isPortVLAN
            self.isUntagged = isUntagged
        }
    }

    package var link: Int32
    package var entries: [Entry]
    /// Whether the link is the bridge and what it receives itself is meant (`BRIDGE_FLAGS_SELF`).
    package var isBridgeItself: Bool

    package init(link: Int32, _ entries: [Entry], isBridgeItself: Bool = false) {
        self.link = link
        self.entries = entries
        self.isBridgeItself = isBridgeItself
    }
}

extension PortVLANs {
    func fill(_ message: inout NetlinkMessage) {
        var header = ifinfomsg()
        header.ifi_family = UInt8(AF_BRIDGE)
        header.ifi_index = link
        message.append(header)
        message.nest(Int(IFLA_AF_SPEC)) { specification in
            if isBridgeItself { specification.put(Int(IFLA_BRIDGE_FLAGS), UInt16(BRIDGE_FLAGS_SELF)) }
            for entry in entries { entry.fill(&specification) }
        }
    }
}

extension PortVLANs.Entry {
    /// One `bridge_vlan_info`, or two for a range.
    fileprivate func fill(_ message: inout NetlinkMessage) {
        var flags: Int32 = 0
        if isPortVLAN { flags |= BRIDGE_VLAN_INFO_PVID }
        if isUntagged { flags |= BRIDGE_VLAN_INFO_UNTAGGED }
        guard range.count > 1 else { return put(range.lowerBound, flags, &message) }
        put(range.lowerBound, flags | BRIDGE_VLAN_INFO_RANGE_BEGIN, &message)
        put(range.upperBound, flags | BRIDGE_VLAN_INFO_RANGE_END, &message)
    }

    private func put(_ identifier: UInt16, _ flags: Int32, _ message: inout NetlinkMessage) {
        message.put(Int(IFLA_BRIDGE_VLAN_INFO), structure: bridge_vlan_info(flags: UInt16(flags), vid: identifier))
    }
}

extension PortVLANs.Entry {
    /// Asks for the VLANs of one port, or of a bridge itself.
    static func fillQuestion(_ message: inout NetlinkMessage, link: Int32) {
        var header = br_vlan_msg()
        header.family = UInt8(AF_BRIDGE)
        header.ifindex = UInt32(bitPattern: link)
        message.append(header)
    }

    /// Reads the body of an `RTM_NEWVLAN` message, which has several.
    static func list(parsing body: ArraySlice<UInt8>) -> [Self] {
        NetlinkAttributes(body.dropFirst(MemoryLayout<br_vlan_msg>.size)).compactMap { attribute in
            attribute.type == Int(BRIDGE_VLANDB_ENTRY) ? Self(parsing: attribute.nested) : nil
        }
    }

    private init?(parsing attributes: NetlinkAttributes) {
        var first: UInt16?
        var last: UInt16?
        var flags: Int32 = 0
        for attribute in attributes {
            switch attribute.type {
            case Int(BRIDGE_VLANDB_ENTRY_INFO):
                // struct bridge_vlan_info: u16 flags, u16 vid
                flags = Int32(attribute.value.uint16(at: 0) ?? 0)
                first = attribute.value.uint16(at: 2)
            case Int(BRIDGE_VLANDB_ENTRY_RANGE): last = attribute.value.uint16(at: 0)
            default: break
            }
        }
        guard let first else { return nil }
        self.init(
            first...max(first, last ?? first), isPortVLAN: flags & BRIDGE_VLAN_INFO_PVID != 0,
            isUntagged: flags & BRIDGE_VLAN_INFO_UNTAGGED != 0)
    }
}
