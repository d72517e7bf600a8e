import CNL
import LinuxSystem
import NetworkTypes

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
        case .createBridge, .createVeth, .changeLink: Int(RTM_NEWLINK)
        case .deleteLink, .deleteGroup, .deleteVLANs: Int(RTM_DELLINK)
        case .addVLANs: Int(RTM_SETLINK)
        case .addAddress: Int(RTM_NEWADDR)
        case .deleteAddress: Int(RTM_DELADDR)
        case .addRoute: Int(RTM_NEWROUTE)
        case .setNeighbour: Int(RTM_NEWNEIGH)
        case .deleteNeighbour: Int(RTM_DELNEIGH)
        case .setRootQueue: Int(RTM_NEWQDISC)
        case .deleteRootQueue: Int(RTM_DELQDISC)
        }
    }

    private var flags: Int32 {
        switch self {
        case .createBridge, .createVeth, .addAddress, .addRoute: NLM_F_CREATE | NLM_F_EXCL
        case .setNeighbour, .setRootQueue: NLM_F_CREATE | NLM_F_REPLACE
        case .changeLink, .deleteLink, .deleteGroup, .deleteAddress, .deleteNeighbour, .addVLANs, .deleteVLANs,
            .deleteRootQueue:
            0
        }
    }

    private func fill(_ message: inout NetlinkMessage) {
        switch self {
        case .createBridge(let bridge): bridge.fill(&message)
        case .createVeth(let veth): veth.fill(&message)
        case .changeLink(let link, let change): change.fill(&message, link)
        case .deleteLink(let link): link.fill(&message, up: nil)
        case .deleteGroup(let group):
            message.append(ifinfomsg())
            message.put(Int(IFLA_GROUP), group)
        case .addAddress(let address), .deleteAddress(let address): address.fill(&message)
        case .addRoute(let route): route.fill(&message)
        case .setNeighbour(let neighbour): neighbour.fill(&message)
        case .deleteNeighbour(let neighbour): neighbour.fill(&message)
        case .addVLANs(let vlans), .deleteVLANs(let vlans): vlans.fill(&message)
        case .setRootQueue(let bucket, let link): bucket.fill(&message, link: link)
        case .deleteRootQueue(let link): message.append(TokenBucket.header(link: link))
        }
    }
}
