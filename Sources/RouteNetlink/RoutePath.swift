import CNL
import Glibc
package import LinuxSystem
package import NetworkTypes

/// Where the kernel sends packets to an address.
package struct RoutePath: Sendable, Hashable {
    /// The index of the link that they leave by.
    package let link: Int32
    /// The source that the node's own packets get; nil where the kernel names none.
    package let source: IPAddress?

    /// Reads the body of an `RTM_NEWROUTE` message that answers a question for one address.
    init?(parsing body: ArraySlice<UInt8>) {
        var link: Int32?
        var source: IPAddress?
        for attribute in NetlinkAttributes(body.dropFirst(MemoryLayout<rtmsg>.size)) {
            switch attribute.type {
            case Int(RTA_OIF.rawValue): link = attribute.int32
            case Int(RTA_PREFSRC.rawValue): source = IPAddress(bytes: attribute.value)
            default: break
            }
        }
        guard let link else { return nil }
        self.link = link
        self.source = source
    }
}

extension RouteSocket {
    /// Where the kernel sends the node's own packets to an address; nil where it has no route.
    package mutating func path(to destination: IPAddress) throws(NetlinkError) -> RoutePath? {
        do throws(NetlinkError) {
            return try ask("look up the route to \(destination)", type: Int(RTM_GETROUTE)) { message in
                var header = rtmsg()
                header.rtm_family = destination.family.number
                header.rtm_dst_len = UInt8(destination.family.addressBits)
                message.append(header)
                message.put(Int(RTA_DST.rawValue), destination.bytes)
            } read: {
                RoutePath(parsing: $0)
            }.first
        } catch {
            guard error.errno == Errno(rawValue: ENETUNREACH) || error.errno == Errno(rawValue: EHOSTUNREACH) else {
                throw error
            }
            return nil
        }
    }
}
