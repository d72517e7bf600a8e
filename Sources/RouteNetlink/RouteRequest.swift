import CNL
package import LinuxSystem

/// A change to links, addresses, routes, neighbours, VLANs or queueing, as a value.
package enum RouteRequest: Sendable, Hashable {
    case createLink(LinkSpecification)
    case changeLink(LinkReference, LinkChange)
    case deleteLink(LinkReference)
    /// Deletes every link of a group at once, in the time that one takes.
    case deleteGroup(UInt32)
    case addAddress(LinkAddress)
    case deleteAddress(LinkAddress)
    /// Adds a route; one of the same destination, table and metric is an error (EEXIST).
    case addRoute(Route)
    /// Adds a route, or puts it in the place of the one of the same destination, table and metric.
    case replaceRoute(Route)
    /// Deletes the route that has everything that is named; of several in IPv6 that differ in their gateway just one.
    case deleteRoute(Route)
    /// Sets a permanent neighbour entry, replacing one for the address.
    case setNeighbour(Neighbour)
    case deleteNeighbour(Neighbour)
    case addVLANs(PortVLANs)
    case deleteVLANs(PortVLANs)
    /// Shapes what leaves a link, replacing what is at its root.
    case setRootQueue(TokenBucket, link: Int32)
    /// Gives a link its kind's own queueing back.
    case deleteRootQueue(link: Int32)
}

extension RouteRequest {
    /// The request as a netlink message, header and padding included.
    ///
    /// - Parameter isAcknowledged: whether the kernel answers also when all went well; it always does to say why not.
    package func encoded(sequence: UInt32, isAcknowledged: Bool = true) throws(NetlinkError) -> [UInt8] {
        let flags = isAcknowledged ? flags | NLM_F_ACK : flags
        guard var message = NetlinkMessage(type: type, flags: flags, sequence: sequence, capacity: capacity) else {
            throw NetlinkError(description, .outOfMemory)
        }
        fill(&message)
        guard !message.isOverfull else { throw NetlinkError(description, .messageTooLong) }
        return message.bytes
    }

    /// More than a request has bytes; a trunk of single VLANs has the most.
    private var capacity: Int {
        switch self {
        case .addVLANs(let vlans), .deleteVLANs(let vlans): 4096 + 16 * vlans.entries.count
        default: 4096
        }
    }

    private var type: Int {
        switch self {
        case .createLink, .changeLink: Int(RTM_NEWLINK)
        case .deleteLink, .deleteGroup, .deleteVLANs: Int(RTM_DELLINK)
        case .addVLANs: Int(RTM_SETLINK)
        case .addAddress: Int(RTM_NEWADDR)
        case .deleteAddress: Int(RTM_DELADDR)
        case .addRoute, .replaceRoute: Int(RTM_NEWROUTE)
        case .deleteRoute: Int(RTM_DELROUTE)
        case .setNeighbour: Int(RTM_NEWNEIGH)
        case .deleteNeighbour: Int(RTM_DELNEIGH)
        case .setRootQueue: Int(RTM_NEWQDISC)
        case .deleteRootQueue: Int(RTM_DELQDISC)
        }
    }

    private var flags: Int32 {
        switch self {
        case .createLink, .addAddress: NLM_F_CREATE | NLM_F_EXCL
        // Beside another one to the same destination: before it (IPv4), or as one more next hop (IPv6).
        case .addRoute: NLM_F_CREATE
        case .replaceRoute, .setNeighbour, .setRootQueue: NLM_F_CREATE | NLM_F_REPLACE
        case .changeLink, .deleteLink, .deleteGroup, .deleteAddress, .deleteRoute, .deleteNeighbour, .addVLANs,
            .deleteVLANs, .deleteRootQueue:
            0
        }
    }

    private func fill(_ message: inout NetlinkMessage) {
        switch self {
        case .createLink(let link): link.fill(&message)
        case .changeLink(let link, let change): change.fill(&message, link)
        case .deleteLink(let link): link.fill(&message, up: nil)
        case .deleteGroup(let group):
            message.append(ifinfomsg())
            message.put(Int(IFLA_GROUP), group)
        case .addAddress(let address), .deleteAddress(let address): address.fill(&message)
        case .addRoute(let route), .replaceRoute(let route), .deleteRoute(let route): route.fill(&message)
        case .setNeighbour(let neighbour), .deleteNeighbour(let neighbour): neighbour.fill(&message)
        case .addVLANs(let vlans), .deleteVLANs(let vlans): vlans.fill(&message)
        case .setRootQueue(let bucket, let link): bucket.fill(&message, link: link)
        case .deleteRootQueue(let link): message.append(TokenBucket.header(link: link))
        }
    }
}

extension NetlinkError {
    init(_ operation: String, _ errno: Errno, kernelMessage: String? = nil) {
        self.init(.route, operation, errno, kernelMessage: kernelMessage)
    }
}
