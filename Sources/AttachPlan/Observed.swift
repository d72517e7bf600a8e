package import CNIProtocol
package import NetworkTypes

/// A link as the kernel has it, as far as a decision looks at it.
package struct ObservedLink: Sendable, Hashable {
    package var index: Int32
    package var name: String
    package var kind: String
    package var alias = ""
    package var isUp = false
    package var isPromiscuous = false
    package var mac: MACAddress?
    package var mtu = 0
    /// The bridge that the link is a port of, and its other end, by their numbers.
    package var master: Int32?
    package var peer: Int32?
    /// A bridge port's switches; nil for another link's.
    package var hairpin: Bool?
    package var isIsolated: Bool?
    /// A bridge's switches; nil for another link's, and for those that the kernel does not know.
    package var callsNetfilter: Bool?
    package var filtersVLANs: Bool?

    package init(index: Int32, name: String, kind: String) {
        self.index = index
        self.name = name
        self.kind = kind
    }
}

/// The node's side of an attachment as the kernel has it.
package struct ObservedHost: Sendable {
    package var bridge: ObservedLink?
    /// The addresses of the link that is the pods' gateway; nil when that link is missing.
    package var gatewayAddresses: [CIDR]?
    package var link: ObservedLink?
    /// What the traffic to the pod is shaped to.
    package var bytesPerSecond: UInt64?
    /// The forwarding switches that are off, below `/proc/sys`.
    package var switchesOff: [String] = []

    package init() {}
}

/// The pod's side of an attachment as the kernel has it.
package struct ObservedPod: Sendable {
    package var link: ObservedLink?
    package var addresses: [CIDR] = []
    /// Each with its table and its priority.
    package var routes: [RouteConfiguration] = []
    /// What the traffic from the pod is shaped to.
    package var bytesPerSecond: UInt64?

    package init() {}
}

extension BandwidthLimits {
    /// What CHECK says of a shaper that is not as a limit has it.
    package static func drift(_ present: UInt64?, from limit: Limit?, of place: String) -> [String] {
        guard let limit else { return [] }
        guard let present else { return ["\(place) is not shaped to \(limit.rate) bits per second"] }
        guard present != limit.bytesPerSecond else { return [] }
        return ["\(place) is shaped to \(present * 8) bits per second, not \(limit.rate)"]
    }
}
