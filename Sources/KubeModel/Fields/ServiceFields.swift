/// A Service (core/v1) as it was sent.
package struct ServiceFields: Sendable, Hashable {
    package var metadata: MetadataFields?
    package var spec: Spec?
    /// `status.loadBalancer.ingress`.
    package var ingress: [Ingress]?

    package struct Spec: Sendable, Hashable {
        package var type: String?
        package var clusterIP: String?
        package var clusterIPs: [String]?
        package var ipFamilies: [String]?
        package var ipFamilyPolicy: String?
        package var externalIPs: [String]?
        package var ports: [Port]?
        package var internalTrafficPolicy: String?
        package var externalTrafficPolicy: String?
        package var trafficDistribution: String?
        package var sessionAffinity: String?
        /// `sessionAffinityConfig.clientIP.timeoutSeconds`.
        package var affinityTimeoutSeconds: Int?
        package var loadBalancerClass: String?
        package var loadBalancerIP: String?
        package var loadBalancerSourceRanges: [String]?
        package var allocateLoadBalancerNodePorts: Bool?
        package var healthCheckNodePort: Int?
        package var publishNotReadyAddresses: Bool?

        package init() {}
    }

    package struct Port: Sendable, Hashable {
        package var name: String?
        package var `protocol`: String?
        package var port: Int?
        package var nodePort: Int?

        package init(name: String? = nil, protocol: String? = nil, port: Int? = nil, nodePort: Int? = nil) {
            self.name = name
            self.protocol = `protocol`
            self.port = port
            self.nodePort = nodePort
        }
    }

    package struct Ingress: Sendable, Hashable {
        package var ip: String?
        package var ipMode: String?

        package init(ip: String? = nil, ipMode: String? = nil) {
            self.ip = ip
            self.ipMode = ipMode
        }
    }

    package init(metadata: MetadataFields? = nil, spec: Spec? = nil, ingress: [Ingress]? = nil) {
        self.metadata = metadata
        self.spec = spec
        self.ingress = ingress
    }
}
