import CNIProtocol
import LinuxSystem
import NetworkTypes
import RouteNetlink

extension Host {
    /// The node's side of an attachment, as far as CHECK compares it.
    mutating func observe(_ expectation: CheckExpectation) throws(CNIError) -> ObservedHost {
        var observed = ObservedHost()
        observed.switchesOff = expectation.forwardingSwitches.filter { (try? Sysctl.read($0)) == "0" }
        try kernel { () throws(NetlinkError) in
            observed.bridge = try socket.link(named: expectation.configuration.bridge)
            let name = expectation.gatewayLink
            let gateway = name == observed.bridge?.name ? observed.bridge : try socket.link(named: name)
            if let gateway { observed.gatewayAddresses = try socket.addresses(ofLink: gateway.index).map(\.address) }
            observed.link = try socket.link(named: expectation.identity.hostLinkName)
            if let link = observed.link { observed.queue = try socket.tokenBucket(of: link) }
        }
        return observed
    }
}

extension Pod {
    /// The pod's side of an attachment.
    mutating func observe(_ name: String) throws(CNIError) -> ObservedPod {
        try kernel { () throws(NetlinkError) in
            guard let link = try socket.link(named: name) else { return ObservedPod() }
            let addresses = try socket.addresses(ofLink: link.index).map(\.address)
            // All of the pod's: those of plugins before this one in the list lead through other interfaces.
            var routes = try socket.routes(.ipv4)
            if addresses.contains(where: { $0.family == .ipv6 }) { routes += try socket.routes(.ipv6) }
            return ObservedPod(
                link: link, addresses: addresses, routes: routes, queue: try socket.tokenBucket(of: link))
        }
    }
}

extension RouteSocket {
    /// The token bucket at a link's root, if its own description says that there is one.
    mutating func tokenBucket(of link: Link) throws(NetlinkError) -> TokenBucket? {
        link.queueing == TokenBucket.kind ? try rootQueue(ofLink: link.index) : nil
    }
}
