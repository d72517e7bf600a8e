import CNIProtocol
package import NetworkTypes
package import RouteNetlink

/// The pod's side of an attachment as the kernel has it.
package struct ObservedPod: Sendable {
    package var link: Link?
    package var addresses: [CIDR] = []
    package var routes: [Route] = []
    /// What shapes the traffic from the pod.
    package var queue: TokenBucket?

    package init(link: Link? = nil, addresses: [CIDR] = [], routes: [Route] = [], queue: TokenBucket? = nil) {
        self.link = link
        self.addresses = addresses
        self.routes = routes
        self.queue = queue
    }
}

extension CheckExpectation {
    /// - Parameter hostLink: the node's end, as far as it is there.
    package func drift(ofPod pod: ObservedPod, hostLink: Link?) -> [String] {
        let name = identity.attachment.interfaceName
        guard let link = pod.link else { return ["interface \(name) is missing in the container"] }
        var drift: [String] = []
        if link.isUp == configuration.disablesContainerInterface {
            drift.append("interface \(name) is \(link.isUp ? "up" : "down")")
        }
        if let hostLink, link.peer != hostLink.index {
            drift.append("interface \(name) is not the other end of host link \(hostLink.name)")
        }
        drift += macDrift("interface", link, isInPod: true) + mtuDrift("interface", link, isInPod: true)
        drift += TokenBucket.drift(pod.queue, from: configuration.bandwidth.egress, of: "interface \(name)")
        for address in addresses where !pod.addresses.contains(address) {
            drift.append("address \(address) is missing on interface \(name)")
        }
        for route in previous.routes where !isPresent(route, in: pod.routes) {
            drift.append(
                "route to \(route.destination)" + (route.gateway.map { " via \($0)" } ?? "") + " is missing")
        }
        return drift
    }

    private func isPresent(_ route: RouteConfiguration, in routes: [Route]) -> Bool {
        routes.contains { candidate in
            candidate.destination == route.destination
                && (route.gateway == nil || candidate.gateway == route.gateway)
                && candidate.table == UInt32(clamping: route.table ?? 254)
                && route.priority.map { candidate.priority == UInt32(clamping: $0) } ?? true
        }
    }
}
