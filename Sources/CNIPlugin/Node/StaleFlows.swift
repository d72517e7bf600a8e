import Attachments
import CNIProtocol
import Conntrack
import LinuxSystem
import NetworkTypes
import RouteNetlink

/// The connections that conntrack remembers from before a host port led where it leads now.
///
/// A UDP client that keeps its port would be sent to a pod that is gone, or to nobody, for as long as it goes on. TCP
/// clients begin anew. A walk through conntrack is paid only where such a host port changes.
final class StaleFlows {
    /// Open until this object ends: a link is deleted in the time that its end would wait.
    private var socket: Optional<ConntrackSocket> = .none

    /// Forgets the flows to a new pod's host ports that do not lead to it.
    func clear(reaching demand: PodDemand, host: inout Host) throws(CNIError) {
        guard demand.ports.contains(where: \.keepsFlows) else { return }
        // Not everybody's flows to that port: those through the node to a server elsewhere are none of the pod's.
        let local = try kernel { () throws(NetlinkError) in try host.socket.addresses().map(\.address.address) }
        try clear([demand], local: local) { .differs(from: $0) }
    }

    /// Forgets the flows to pods that have gone.
    ///
    /// What conntrack refuses is said in the log only: the pod is gone all the same, and its addresses must get free.
    func forget(leftBy demands: [PodDemand]) {
        do throws(CNIError) {
            try clear(demands, local: nil) { .equals($0) }
        } catch {
            try? StandardStream.error.write("fairway: \(error)\n")
        }
    }

    /// - Parameter local: the node's addresses, where a port on all of them means only these.
    private func clear(
        _ demands: [PodDemand], local: [IPAddress]?, _ replySource: (IPAddress) -> ConntrackFilter.ReplySource
    ) throws(CNIError) {
        let filters = IPFamily.allCases.flatMap { family in
            demands.compactMap { demand -> ConntrackFilter? in
                guard let pod = demand.addresses.first(where: { $0.family == family })?.address else { return nil }
                let destinations = demand.ports.filter(\.keepsFlows).flatMap { $0.destinations(family, local: local) }
                return destinations.isEmpty
                    ? nil : ConntrackFilter(Set(destinations), replySource: replySource(pod))
            }
        }
        if filters.isEmpty { return }
        do {
            var open = if let existing = socket.take() { existing } else { try ConntrackSocket() }
            // One walk for both families.
            try open.deleteEntries(nil, where: filters)
            socket = consume open
        } catch {
            throw CNIError(
                .kernel, "cannot make conntrack forget old flows to the host ports", details: "\(error)")
        }
    }
}

extension HostPort {
    /// Whether a client goes on with a flow that nobody answers, instead of opening a new connection.
    fileprivate var keepsFlows: Bool { proto != .tcp }

    fileprivate func destinations(_ family: IPFamily, local: [IPAddress]?) -> [ConntrackFilter.Destination] {
        if let hostAddress, !hostAddress.isUnspecified {
            guard hostAddress.family == family else { return [] }
            return [ConntrackFilter.Destination(proto, hostPort, address: hostAddress)]
        }
        if let hostAddress, hostAddress.family != family { return [] }
        guard let local else { return [ConntrackFilter.Destination(proto, hostPort)] }
        return local.filter { $0.family == family }.map { ConntrackFilter.Destination(proto, hostPort, address: $0) }
    }
}
