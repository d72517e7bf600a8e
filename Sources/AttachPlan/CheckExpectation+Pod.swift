import Attachments
import CNIProtocol
import NetworkTypes

extension CheckExpectation {
    /// - Parameter hostLink: the node's end, as far as it is there.
    package func drift(ofPod pod: ObservedPod, hostLink: ObservedLink?) -> [String] {
        let name = attachment.interfaceName
        guard let link = pod.link else { return ["interface \(name) is missing in the container"] }
        var drift: [String] = []
        if link.isUp == configuration.disablesContainerInterface {
            drift.append("interface \(name) is \(link.isUp ? "up" : "down")")
        }
        if let hostLink, link.peer != hostLink.index {
            drift.append("interface \(name) is not the other end of host link \(hostLink.name)")
        }
        // Its MTU may be another plugin's by now (`tuning`); the node's end shows ours.
        drift += macDrift("interface", link, isInPod: true)
        drift += BandwidthLimits.drift(
            pod.bytesPerSecond, from: configuration.bandwidth.egress, of: "interface \(name)")
        for address in addresses where !pod.addresses.contains(address) {
            drift.append("address \(address) is missing on interface \(name)")
        }
        for route in previous.routes where !isPresent(route, in: pod.routes) {
            drift.append(
                "route to \(route.destination)" + (route.gateway.map { " via \($0)" } ?? "") + " is missing")
        }
        return drift
    }

    private func isPresent(_ route: RouteConfiguration, in routes: [RouteConfiguration]) -> Bool {
        routes.contains { candidate in
            candidate.destination == route.destination
                && (route.gateway == nil || candidate.gateway == route.gateway)
                // Later plugins (`sbr`, `vrf`) move routes into tables of their own.
                && (route.table == nil || candidate.table == route.table)
                && (route.priority == nil || candidate.priority == route.priority)
        }
    }
}
