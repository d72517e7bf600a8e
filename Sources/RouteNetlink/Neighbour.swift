import CNL
import LinuxSystem
package import NetworkTypes

/// A neighbour entry: which MAC address answers for an IP address.
package struct Neighbour: Sendable, Hashable {
    package var link: Int32
    package var address: IPAddress
    package var mac: MACAddress

    package init(link: Int32, address: IPAddress, mac: MACAddress) {
        self.link = link
        self.address = address
        self.mac = mac
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
