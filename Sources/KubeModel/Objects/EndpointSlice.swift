package import NetworkTypes

/// An EndpointSlice (discovery.k8s.io/v1).
package struct EndpointSlice: Sendable, Hashable {
    package var name: NamespacedName
    /// The Service that the label `kubernetes.io/service-name` names, in the slice's namespace; nil without the label,
    /// and with `service.kubernetes.io/headless`.
    package var service: NamespacedName?
    /// nil for `FQDN`, which has no addresses to route to.
    package var family: IPFamily?
    package var ports: [EndpointPort]
    package var endpoints: [Endpoint]
    /// When what it tells of happened, by the annotation `endpoints.kubernetes.io/last-change-trigger-time`: nanoseconds since
    /// 1970; nil where it does not say.
    package var changedAt: Int64?

    package init(
        name: NamespacedName, service: NamespacedName?, family: IPFamily?, ports: [EndpointPort] = [],
        endpoints: [Endpoint] = [], changedAt: Int64? = nil
    ) {
        self.changedAt = changedAt
        self.name = name
        self.service = service
        self.family = family
        self.ports = ports
        self.endpoints = endpoints
    }
}

/// One entry of a slice's `ports`; entries without a port are not kept, and an absent name is the empty one.
package struct EndpointPort: Sendable, Hashable {
    package var name: String
    package var proto: TransportProtocol
    /// 1 to 65535.
    package var port: UInt16

    package init(name: String = "", proto: TransportProtocol = .tcp, port: UInt16) {
        self.name = name
        self.proto = proto
        self.port = port
    }
}

/// One entry of a slice's `endpoints`.
package struct Endpoint: Sendable, Hashable {
    /// `addresses[0]`, of the slice's family.
    package var address: IPAddress
    /// `conditions.ready`; absent means true.
    package var ready: Bool
    /// `conditions.serving`; absent means true.
    package var serving: Bool
    /// `conditions.terminating`; absent means false.
    package var terminating: Bool
    package var nodeName: String?
    /// One at most, in an array because nearly always there is none: a node holds hundreds of thousands of endpoints.
    package private(set) var hints: [Hints] = []

    package struct Hints: Sendable, Hashable {
        fileprivate var zones: [String] = []
        fileprivate var nodes: [String] = []

        fileprivate var isEmpty: Bool { zones.isEmpty && nodes.isEmpty }
    }

    /// `hints.forZones[].name`.
    package var zoneHints: [String] {
        get { hints.first?.zones ?? [] }
        set { changeHints { $0.zones = newValue } }
    }

    /// `hints.forNodes[].name`.
    package var nodeHints: [String] {
        get { hints.first?.nodes ?? [] }
        set { changeHints { $0.nodes = newValue } }
    }

    private mutating func changeHints(_ body: (inout Hints) -> Void) {
        var new = hints.first ?? Hints()
        body(&new)
        hints = new.isEmpty ? [] : [new]
    }

    package init(
        address: IPAddress, ready: Bool = true, serving: Bool = true, terminating: Bool = false,
        nodeName: String? = nil, zoneHints: [String] = [], nodeHints: [String] = []
    ) {
        self.address = address
        self.ready = ready
        self.serving = serving
        self.terminating = terminating
        self.nodeName = nodeName
        if !zoneHints.isEmpty || !nodeHints.isEmpty { hints = [Hints(zones: zoneHints, nodes: nodeHints)] }
    }
}
