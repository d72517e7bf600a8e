import AttachPlan
import Attachments
import CNIProtocol
import LinuxSystem
import NetworkTypes
import RouteNetlink

extension Host {
    /// The node's side of an attachment, as far as CHECK compares it.
    mutating func observe(_ expectation: CheckExpectation) throws(CNIError) -> ObservedHost {
        var observed = ObservedHost()
        let configuration = expectation.configuration
        let switches = configuration.forwardingSwitches(for: expectation.addresses.map(\.family))
        observed.switchesOff = switches.filter { (try? Sysctl.read($0)) == "0" }
        try kernel { () throws(NetlinkError) in
            let bridge = try socket.link(named: configuration.bridge)
            observed.bridge = bridge.map { ObservedLink($0) }
            let name = expectation.gatewayLink
            let gateway = name == bridge?.name ? bridge : try socket.link(named: name)
            if let gateway { observed.gatewayAddresses = try socket.addresses(ofLink: gateway.index).map(\.address) }
            guard let link = try socket.link(named: expectation.hostLinkName) else { return }
            observed.link = ObservedLink(link)
            observed.bytesPerSecond = try socket.tokenBucket(of: link)?.bytesPerSecond
        }
        return observed
    }
}

extension Pod {
    /// The pod's side of an attachment.
    mutating func observe(_ name: String) throws(CNIError) -> ObservedPod {
        try kernel { () throws(NetlinkError) in
            var observed = ObservedPod()
            guard let link = try socket.link(named: name) else { return observed }
            observed.link = ObservedLink(link)
            observed.addresses = try socket.addresses(ofLink: link.index).map(\.address)
            // All of the pod's: those of plugins before this one in the list lead through other interfaces.
            var routes = try socket.routes(.ipv4)
            if observed.addresses.contains(where: { $0.family == .ipv6 }) { routes += try socket.routes(.ipv6) }
            observed.routes = routes.map { RouteConfiguration($0) }
            observed.bytesPerSecond = try socket.tokenBucket(of: link)?.bytesPerSecond
            return observed
        }
    }
}

extension ObservedLink {
    fileprivate init(_ link: Link) {
        self.init(index: link.index, name: link.name, kind: link.kind)
        (alias, isUp, isPromiscuous) = (link.alias, link.isUp, link.isPromiscuous)
        (mac, mtu, master, peer) = (link.mac, link.mtu, link.master, link.peer)
        hairpin = link.port?.hairpin
        isIsolated = link.port?.isIsolated
        callsNetfilter = link.bridge.map { $0.callsIPTables == true && $0.callsIP6Tables == true }
        filtersVLANs = link.bridge?.filtersVLANs
    }
}

extension RouteConfiguration {
    fileprivate init(_ route: Route) {
        self.init(destination: route.destination, gateway: route.gateway)
        table = Int(route.table)
        priority = Int(route.priority)
    }
}

extension RouteSocket {
    /// The token bucket at a link's root, if its own description says that there is one.
    mutating func tokenBucket(of link: Link) throws(NetlinkError) -> TokenBucket? {
        link.queueing == TokenBucket.kind ? try rootQueue(ofLink: link.index) : nil
    }
}
