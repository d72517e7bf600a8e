package import NetworkTypes

/// A Service (core/v1): the fields that decide about rules.
package struct Service: Sendable, Hashable {
    package enum ServiceType: String, Sendable, Hashable, CaseIterable {
        case clusterIP = "ClusterIP"
        case nodePort = "NodePort"
        case loadBalancer = "LoadBalancer"
        case externalName = "ExternalName"
    }

    /// `internalTrafficPolicy` and `externalTrafficPolicy`.
    package enum TrafficPolicy: String, Sendable, Hashable, CaseIterable {
        case cluster = "Cluster"
        case local = "Local"
    }

    package var name: NamespacedName
    /// `metadata.creationTimestamp` as RFC 3339 text in UTC, which sorts by time; nil where the object has none.
    package var creationTimestamp: String?
    /// `metadata.labels`.
    package var labels: [String: String]
    package var type: ServiceType
    /// `spec.clusterIPs`, or `spec.clusterIP` alone; empty for a headless Service.
    package var clusterIPs: [IPAddress]
    /// True when `spec.clusterIP` is `None`.
    package var isHeadless: Bool
    package var externalIPs: [IPAddress]
    /// The IPs of `status.loadBalancer.ingress` whose `ipMode` is absent or `VIP`.
    package var loadBalancerIPs: [IPAddress]
    package var loadBalancerSourceRanges: [CIDR]
    package var ports: [ServicePort]
    package var internalTrafficPolicy: TrafficPolicy
    package var externalTrafficPolicy: TrafficPolicy
    /// `spec.sessionAffinityConfig.clientIP.timeoutSeconds` where `spec.sessionAffinity` is `ClientIP`.
    package var affinityTimeoutSeconds: Int?
    /// 0 where there is none.
    package var healthCheckNodePort: UInt16
    /// What the Service leaves to others; one at most, in an array because there is none in what an API server sends.
    package var unassigned: [Unassigned]

    package init(
        name: NamespacedName, creationTimestamp: String? = nil, labels: [String: String] = [:],
        type: ServiceType = .clusterIP, clusterIPs: [IPAddress] = [], isHeadless: Bool = false,
        externalIPs: [IPAddress] = [], loadBalancerIPs: [IPAddress] = [], loadBalancerSourceRanges: [CIDR] = [],
        ports: [ServicePort] = [], internalTrafficPolicy: TrafficPolicy = .cluster,
        externalTrafficPolicy: TrafficPolicy = .cluster, affinityTimeoutSeconds: Int? = nil,
        healthCheckNodePort: UInt16 = 0, unassigned: [Unassigned] = []
    ) {
        self.name = name
        self.creationTimestamp = creationTimestamp
        self.labels = labels
        self.type = type
        self.clusterIPs = clusterIPs
        self.isHeadless = isHeadless
        self.externalIPs = externalIPs
        self.loadBalancerIPs = loadBalancerIPs
        self.loadBalancerSourceRanges = loadBalancerSourceRanges
        self.ports = ports
        self.internalTrafficPolicy = internalTrafficPolicy
        self.externalTrafficPolicy = externalTrafficPolicy
        self.affinityTimeoutSeconds = affinityTimeoutSeconds
        self.healthCheckNodePort = healthCheckNodePort
        self.unassigned = unassigned
    }

    /// The label says that another proxy serves it.
    package var isOfAnotherProxy: Bool { labels["service.kubernetes.io/service-proxy-name"] != nil }
}

/// One entry of `spec.ports`.
package struct ServicePort: Sendable, Hashable {
    /// Empty for the one unnamed port of a Service; EndpointSlice ports join by this name and the protocol.
    package var name: String
    package var proto: TransportProtocol
    /// 1 to 65535.
    package var port: UInt16
    /// 0 where none is allocated.
    package var nodePort: UInt16

    package init(name: String = "", proto: TransportProtocol = .tcp, port: UInt16, nodePort: UInt16 = 0) {
        self.name = name
        self.proto = proto
        self.port = port
        self.nodePort = nodePort
    }
}
