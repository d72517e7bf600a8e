import CNL
package import LinuxSystem

/// Something that the kernel says has happened to links, addresses or routes, whoever did it.
package enum RouteEvent: Sendable, Hashable {
    /// A link is new or has changed.
    case link(Link)
    case linkDeleted(Link)
    /// An address is new or has changed, as when duplicate address detection ends.
    case address(LinkAddress)
    case addressDeleted(LinkAddress)
    /// A route is new or has taken another's place.
    case route(Route)
    case routeDeleted(Route)
    /// Everything may have changed: notifications were lost, or a route is now of a kind that no value tells.
    ///
    /// Whoever keeps a picture reads all anew, after it has taken the other events of the same call.
    case everything
}

/// A subscription to what happens in the network namespace that it was opened in.
///
/// It has no thread of its own: whoever waits for its descriptor to have input reads the events then.
package struct RouteMonitor: ~Copyable, Sendable {
    package enum Subject: Sendable, Hashable, CaseIterable {
        case links
        /// Addresses of both families.
        case addresses
        /// Unicast routes of both families, in all tables.
        case routes

        fileprivate var groups: [rtnetlink_groups] {
            switch self {
            case .links: [RTNLGRP_LINK]
            case .addresses: [RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR]
            case .routes: [RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE]
            }
        }
    }

    /// Datagrams that are read in one call: a flood of changes must not keep its reader for ever.
    private static let readLimit = 1024

    private let socket: NetlinkSocket

    /// Subscribes in the calling thread's namespace: what happens from now on waits to be read.
    ///
    /// - Parameter receiveBuffer: how many bytes may wait, as the kernel counts them: a notification takes one or two
    ///   KiB. Nil for its default, some 200 KiB.
    package init(_ subjects: Set<Subject> = Set(Subject.allCases), receiveBuffer: Int? = nil) throws(SystemError) {
        socket = try NetlinkSocket(.route, groups: subjects.flatMap(\.groups).map { Int32($0.rawValue) })
        if let receiveBuffer { socket.reserve(receiveBuffer: receiveBuffer) }
    }

    /// The descriptor's number, to wait for input.
    package var rawValue: Int32 { socket.rawValue }

    /// The events that wait, in their order; none when there are none.
    package borrowing func read() throws(NetlinkError) -> [RouteEvent] {
        var events: [RouteEvent] = []
        for _ in 0..<Self.readLimit {
            do throws(Errno) {
                guard let replies = try socket.receive(wait: false) else { break }
                for reply in replies { if let event = RouteEvent(reply) { events.append(event) } }
            } catch {
                // It is said once, before what was kept.
                guard error == .noBufferSpace else { throw NetlinkError("read notifications", error) }
                events.append(.everything)
            }
        }
        return events
    }
}

extension RouteEvent {
    /// Nil for what is no subject of this: a bridge's view of its ports, routes that are not unicast.
    fileprivate init?(_ reply: NetlinkReply) {
        guard case .object(let body) = reply.content else { return nil }
        switch Int(reply.type) {
        case Int(RTM_NEWLINK), Int(RTM_DELLINK):
            // A port that leaves its bridge is a link deleted, of the bridge's family: the link itself stays.
            guard body.uint8(at: 0) == UInt8(AF_UNSPEC), let link = Link(parsing: body) else { return nil }
            self = Int(reply.type) == Int(RTM_NEWLINK) ? .link(link) : .linkDeleted(link)
        case Int(RTM_NEWADDR), Int(RTM_DELADDR):
            guard let address = LinkAddress(parsing: body) else { return nil }
            self = Int(reply.type) == Int(RTM_NEWADDR) ? .address(address) : .addressDeleted(address)
        case Int(RTM_NEWROUTE), Int(RTM_DELROUTE):
            if let route = Route(parsing: body) {
                self = Int(reply.type) == Int(RTM_NEWROUTE) ? .route(route) : .routeDeleted(route)
            } else if Int(reply.type) == Int(RTM_NEWROUTE), Self.mayStandForUnicast(body) {
                self = .everything
            } else {
                return nil
            }
        default: return nil
        }
    }

    /// Whether a route that cannot be read may have taken the place of a unicast one, as a blackhole can.
    private static func mayStandForUnicast(_ body: ArraySlice<UInt8>) -> Bool {
        // u8 type and u32 flags of struct rtmsg
        guard let type = body.uint8(at: 7), let flags = body.uint32(at: 8), flags & UInt32(RTM_F_CLONED) == 0 else {
            return false
        }
        return ![RTN_LOCAL, RTN_BROADCAST, RTN_ANYCAST, RTN_MULTICAST].contains { Int($0) == Int(type) }
    }
}
