import CNL
package import LinuxSystem
package import NetworkTypes

extension RouteSocket {
    /// The link with a name; nil when there is none.
    package mutating func link(named name: String) throws(NetlinkError) -> Link? { try link(.name(name)) }

    /// The link with an index; nil when there is none.
    package mutating func link(at index: Int32) throws(NetlinkError) -> Link? { try link(.index(index)) }

    private mutating func link(_ reference: LinkReference) throws(NetlinkError) -> Link? {
        do throws(NetlinkError) {
            return try ask("look up \(reference)", type: Int(RTM_GETLINK)) {
                reference.fillQuestion(&$0)
            } read: {
                Link(parsing: $0)
            }.first
        } catch {
            guard error.errno == .noDevice else { throw error }
            return nil
        }
    }

    /// The question for a link as a message of its own.
    mutating func lookup(_ link: LinkReference) throws(NetlinkError) -> [UInt8] {
        try question(Int(RTM_GETLINK), "look up \(link)") { link.fillQuestion(&$0) }
    }

    /// The token bucket at a link's root; nil when another queueing is there.
    package mutating func rootQueue(ofLink link: Int32) throws(NetlinkError) -> TokenBucket? {
        // Older kernels send what they were asked for as an echo only.
        try ask(
            "read the queueing of link \(link)", type: Int(RTM_GETQDISC), flags: NLM_F_ACK | NLM_F_ECHO
        ) {
            $0.append(TokenBucket.header(link: link))
        } read: {
            TokenBucket(parsing: $0)
        }.first
    }

    /// The VLANs of a bridge's port, or of what a bridge itself receives.
    package mutating func vlans(ofLink link: Int32) throws(NetlinkError) -> [PortVLANs.Entry] {
        try list("list the VLANs of link \(link)", type: Int(RTM_GETVLAN)) {
            PortVLANs.Entry.fillQuestion(&$0, link: link)
        } read: {
            PortVLANs.Entry.list(parsing: $0)
        }.flatMap(\.self)
    }

    /// All links of the namespace, or a bridge's ports alone.
    package mutating func links(ofBridge bridge: Int32? = nil) throws(NetlinkError) -> [Link] {
        try list("list the links", type: Int(RTM_GETLINK)) { message in
            message.append(ifinfomsg())
            if let bridge { message.put(Int(IFLA_MASTER), UInt32(bitPattern: bridge)) }
            message.put(Int(IFLA_EXT_MASK), UInt32(RTEXT_FILTER_SKIP_STATS))
        } read: {
            Link(parsing: $0)
        }
    }

    /// The addresses of a link, of both families.
    package mutating func addresses(ofLink link: Int32) throws(NetlinkError) -> [LinkAddress] {
        try list("list the addresses of link \(link)", type: Int(RTM_GETADDR)) { message in
            var header = ifaddrmsg()
            header.ifa_index = UInt32(bitPattern: link)
            message.append(header)
        } read: {
            LinkAddress(parsing: $0)
        }.filter { $0.link == link }
    }

    /// The addresses of all links, of both families.
    package mutating func addresses() throws(NetlinkError) -> [LinkAddress] {
        try list("list the addresses", type: Int(RTM_GETADDR)) { message in
            message.append(ifaddrmsg())
        } read: {
            LinkAddress(parsing: $0)
        }
    }

    /// The unicast routes of a family, in all tables.
    ///
    /// - Parameters:
    ///   - link: nil for those through any.
    ///   - protocolNumber: who made them; nil for all.
    package mutating func routes(
        _ family: IPFamily, throughLink link: Int32? = nil, madeBy protocolNumber: UInt8? = nil
    ) throws(NetlinkError) -> [Route] {
        try list(
            "list the \(family.rawValue) routes\(link.map { " of link \($0)" } ?? "")", type: Int(RTM_GETROUTE)
        ) { message in
            var header = rtmsg()
            header.rtm_family = family.number
            header.rtm_protocol = protocolNumber ?? 0
            message.append(header)
            if let link { message.put(Int(RTA_OIF.rawValue), UInt32(bitPattern: link)) }
        } read: {
            Route(parsing: $0)
        }.filter {
            (link == nil || $0.link == link) && (protocolNumber == nil || $0.protocolNumber == protocolNumber)
        }
    }

    /// The neighbours of a link that have a MAC address, of one family.
    package mutating func neighbours(_ family: IPFamily, ofLink link: Int32) throws(NetlinkError) -> [Neighbour] {
        try list("list the neighbours of link \(link)", type: Int(RTM_GETNEIGH)) { message in
            var header = ndmsg()
            header.ndm_family = family.number
            message.append(header)
            message.put(Int(NDA_IFINDEX), UInt32(bitPattern: link))
        } read: {
            Neighbour(parsing: $0)
        }.filter { $0.link == link }
    }
}

extension LinkReference {
    fileprivate func fillQuestion(_ message: inout NetlinkMessage) {
        fill(&message, up: nil)
        message.put(Int(IFLA_EXT_MASK), UInt32(RTEXT_FILTER_SKIP_STATS))
    }
}
