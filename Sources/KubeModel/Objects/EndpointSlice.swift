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

    package init(
        name: NamespacedName, service: NamespacedName?, family: IPFamily?, ports: [EndpointPort] = [],
        endpoints: [Endpoint] = []
    ) {
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
    package var zone: String?
    /// `hints.forZones[].name`.
    package var zoneHints: [String]
    /// `hints.forNodes[].name`.
    package var nodeHints: [String]

    package init(
        address: IPAddress, ready: Bool = true, serving: Bool = true, terminating: Bool = false,
        nodeName: String? = nil, zone: String? = nil, zoneHints: [String] = [], nodeHints: [String] = []
    ) {
        self.address = address
        self.ready = ready
        self.serving = serving
        self.terminating = terminating
        self.nodeName = nodeName
        self.zone = zone
        self.zoneHints = zoneHints
        self.nodeHints = nodeHints
    }
}
