import CNL
import LinuxSystem
package import NetworkTypes

extension RouteSocket {
    /// The link with a name; nil when there is none.
    package mutating func link(named name: String) throws(NetlinkError) -> Link? {
        do throws(NetlinkError) {
            let replies = try ask("look up link \(name)", type: Int(RTM_GETLINK), dump: false) { message in
                message.append(ifinfomsg())
                message.put(Int(IFLA_IFNAME), name)
                message.put(Int(IFLA_EXT_MASK), UInt32(RTEXT_FILTER_SKIP_STATS))
            }
            return replies.first.flatMap { Link(parsing: $0) }
        } catch {
            guard error.errno == .noDevice else { throw error }
            return nil
        }
    }

    /// All links of the namespace.
    package mutating func links() throws(NetlinkError) -> [Link] {
        try ask("list the links", type: Int(RTM_GETLINK), dump: true) { message in
            message.append(ifinfomsg())
            message.put(Int(IFLA_EXT_MASK), UInt32(RTEXT_FILTER_SKIP_STATS))
        }.compactMap { Link(parsing: $0) }
    }

    /// The addresses of a link, of both families.
    package mutating func addresses(ofLink link: Int32) throws(NetlinkError) -> [LinkAddress] {
        try ask("list the addresses of link \(link)", type: Int(RTM_GETADDR), dump: true) { message in
            var header = ifaddrmsg()
            header.ifa_index = UInt32(bitPattern: link)
            message.append(header)
        }.compactMap { LinkAddress(parsing: $0) }.filter { $0.link == link }
    }

    /// The unicast routes of a family that leave by a link, in all tables.
    package mutating func routes(_ family: IPFamily, throughLink link: Int32) throws(NetlinkError) -> [Route] {
        try ask("list the \(family.rawValue) routes of link \(link)", type: Int(RTM_GETROUTE), dump: true) { message in
            var header = rtmsg()
            header.rtm_family = family.number
            message.append(header)
            message.put(Int(RTA_OIF.rawValue), UInt32(bitPattern: link))
        }.compactMap { Route(parsing: $0, family: family) }.filter { $0.link == link }
    }

    /// The neighbours of a link that have a MAC address, of one family.
    package mutating func neighbours(_ family: IPFamily, ofLink link: Int32) throws(NetlinkError) -> [Neighbour] {
        try ask("list the neighbours of link \(link)", type: Int(RTM_GETNEIGH), dump: true) { message in
            var header = ndmsg()
            header.ndm_family = family.number
            message.append(header)
            message.put(Int(NDA_IFINDEX), UInt32(bitPattern: link))
        }.compactMap { Neighbour(parsing: $0) }.filter { $0.link == link }
    }
}
