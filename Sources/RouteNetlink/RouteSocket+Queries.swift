import CNL
import LinuxSystem
package import NetworkTypes

extension RouteSocket {
    /// The link with a name; nil when there is none.
    package mutating func link(named name: String) throws(NetlinkError) -> Link? {
        do throws(NetlinkError) {
            let replies = try ask("look up link \(name)", type: Int(RTM_GETLINK), dump: false) {
                Self.fillLookup(&$0, .name(name))
            }
            return replies.first.flatMap { Link(parsing: $0) }
        } catch {
            guard error.errno == .noDevice else { throw error }
            return nil
        }
    }

    /// The link with an index; nil when there is none.
    package mutating func link(at index: Int32) throws(NetlinkError) -> Link? {
        do throws(NetlinkError) {
            let replies = try ask("look up link \(index)", type: Int(RTM_GETLINK), dump: false) {
                Self.fillLookup(&$0, .index(index))
            }
            return replies.first.flatMap { Link(parsing: $0) }
        } catch {
            guard error.errno == .noDevice else { throw error }
            return nil
        }
    }

    /// The question for a link as a message of its own.
    static func lookup(_ name: String, sequence: UInt32) throws(NetlinkError) -> [UInt8] {
        guard var message = NetlinkMessage(type: Int(RTM_GETLINK), flags: 0, sequence: sequence) else {
            throw NetlinkError("look up link \(name)", .outOfMemory)
        }
        fillLookup(&message, .name(name))
        return message.bytes
    }

    private static func fillLookup(_ message: inout NetlinkMessage, _ link: LinkReference) {
        link.fill(&message, up: nil)
        message.put(Int(IFLA_EXT_MASK), UInt32(RTEXT_FILTER_SKIP_STATS))
    }

    /// The token bucket at a link's root; nil when another queueing is there.
    package mutating func rootQueue(ofLink link: Int32) throws(NetlinkError) -> TokenBucket? {
        // Older kernels send what they were asked for as an echo only.
        try ask(
            "read the queueing of link \(link)", type: Int(RTM_GETQDISC), dump: false, flags: NLM_F_ACK | NLM_F_ECHO
        ) {
            $0.append(TokenBucket.header(link: link))
        }.first.flatMap { TokenBucket(parsing: $0) }
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

    /// The addresses of all links, of both families.
    package mutating func addresses() throws(NetlinkError) -> [LinkAddress] {
        try ask("list the addresses", type: Int(RTM_GETADDR), dump: true) { message in
            message.append(ifaddrmsg())
        }.compactMap { LinkAddress(parsing: $0) }
    }

    /// The unicast routes of a family that leave by a link, in all tables.
    package mutating func routes(_ family: IPFamily, throughLink link: Int32? = nil) throws(NetlinkError) -> [Route] {
        try ask(
            "list the \(family.rawValue) routes\(link.map { " of link \($0)" } ?? "")", type: Int(RTM_GETROUTE),
            dump: true
        ) { message in
            var header = rtmsg()
            header.rtm_family = family.number
            message.append(header)
            if let link { message.put(Int(RTA_OIF.rawValue), UInt32(bitPattern: link)) }
        }.compactMap { Route(parsing: $0, family: family) }.filter { link == nil || $0.link == link }
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
