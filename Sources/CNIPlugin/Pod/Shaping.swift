import AttachPlan
import CNIProtocol
import LinuxSystem
import NetworkTypes
import RouteNetlink

/// The `bandwidth` plugin's work: limits on a pair that another plugin has made.
enum Shaping {
    /// Shapes both ends of a pair to the limits; a direction without one stays as it is.
    ///
    /// - Parameter name: the pod's interface.
    /// - Returns: the node's end.
    /// - Throws: code 7 when the interface is no veth, or its other end is not the node's.
    @discardableResult
    static func apply(
        _ limits: BandwidthLimits, to name: String, host: inout Host, pod: inout Pod
    ) throws(CNIError) -> Link {
        let pair = try pair(name, host: &host, pod: &pod)
        // The pod's end first: it is the one that may have gone.
        if let limit = limits.egress {
            let request = RouteRequest.setRootQueue(TokenBucket(limit, mtu: pair.inside.mtu), link: pair.inside.index)
            try kernel { () throws(NetlinkError) in try pod.socket.execute(request) }
        }
        if let limit = limits.ingress {
            let request = RouteRequest.setRootQueue(
                TokenBucket(limit, mtu: pair.outside.mtu), link: pair.outside.index)
            try kernel { () throws(NetlinkError) in try host.socket.execute(request) }
        }
        return pair.outside
    }

    /// Takes the limits off both ends, as far as they are there; nothing of an interface with another MAC address.
    static func remove(
        from name: String, of mac: MACAddress, host: inout Host, pod: inout Pod
    ) throws(CNIError) {
        guard let inside = try kernel({ () throws(NetlinkError) in try pod.socket.link(named: name) }),
            inside.mac == mac
        else { return }
        try kernel { () throws(NetlinkError) in
            try pod.socket.endShaping(inside)
            guard let peer = inside.peer, let outside = try host.socket.link(at: peer), outside.peer == inside.index
            else { return }
            try host.socket.endShaping(outside)
        }
    }

    /// What CHECK finds otherwise than the limits have it.
    static func drift(
        from limits: BandwidthLimits, of name: String, host: inout Host, pod: inout Pod
    ) throws(CNIError) -> [String] {
        let pair = try pair(name, host: &host, pod: &pod)
        let queues = try kernel { () throws(NetlinkError) in
            (
                inside: try pod.socket.tokenBucket(of: pair.inside),
                outside: try host.socket.tokenBucket(of: pair.outside)
            )
        }
        return BandwidthLimits.drift(
            queues.outside?.bytesPerSecond, from: limits.ingress, of: "host link \(pair.outside.name)")
            + BandwidthLimits.drift(queues.inside?.bytesPerSecond, from: limits.egress, of: "interface \(name)")
    }

    private static func pair(
        _ name: String, host: inout Host, pod: inout Pod
    ) throws(CNIError) -> (inside: Link, outside: Link) {
        guard let inside = try kernel({ () throws(NetlinkError) in try pod.socket.link(named: name) }) else {
            throw CNIError(
                .invalidConfiguration, "interface \(name) is missing in \(pod.namespace.path)",
                details: "the plugin that makes it must come first in the list")
        }
        guard inside.kind == "veth", let peer = inside.peer else {
            throw CNIError(
                .invalidConfiguration, "container interface \(name) has no veth peer",
                details: "only a veth can be shaped: remove the bandwidth from the list")
        }
        let outside = try kernel { () throws(NetlinkError) in try host.socket.link(at: peer) }
        guard let outside, outside.kind == "veth", outside.peer == inside.index else {
            throw CNIError(
                .invalidConfiguration, "veth peer with index \(peer) is not in host ns",
                details: "the other end of \(name) must be in the namespace that the plugin runs in")
        }
        return (inside, outside)
    }
}

extension RouteSocket {
    fileprivate mutating func endShaping(_ link: Link) throws(NetlinkError) {
        guard link.queueing == TokenBucket.kind else { return }
        do throws(NetlinkError) {
            try execute(.deleteRootQueue(link: link.index))
        } catch {
            // Gone in between, the queueing or the link itself.
            guard error.errno == .notFound || error.errno == .noDevice else { throw error }
        }
    }
}
