import KubeModel
import KubeWire

extension ServiceFields {
    init(_ wire: WireService) {
        self.init(metadata: wire.hasMetadata ? MetadataFields(wire.metadata) : nil)
        spec = wire.hasSpec ? Spec(wire.spec) : nil
        ingress = sent(
            wire.status.loadBalancer.ingress.map { Ingress(ip: sent($0.ip), ipMode: $0.hasIpMode ? $0.ipMode : nil) })
    }
}

extension ServiceFields.Spec {
    fileprivate init(_ wire: WireServiceSpec) {
        self.init()
        type = sent(wire.type)
        clusterIP = sent(wire.clusterIp)
        clusterIPs = sent(wire.clusterIps)
        ipFamilies = sent(wire.ipFamilies)
        ipFamilyPolicy = wire.hasIpFamilyPolicy ? wire.ipFamilyPolicy : nil
        externalIPs = sent(wire.externalIps)
        ports = sent(
            wire.ports.map {
                ServiceFields.Port(
                    name: sent($0.name), protocol: sent($0.protocol), port: Int($0.port), nodePort: sent($0.nodePort))
            })
        internalTrafficPolicy = wire.hasInternalTrafficPolicy ? wire.internalTrafficPolicy : nil
        externalTrafficPolicy = sent(wire.externalTrafficPolicy)
        trafficDistribution = wire.hasTrafficDistribution ? wire.trafficDistribution : nil
        sessionAffinity = sent(wire.sessionAffinity)
        let affinity = wire.sessionAffinityConfig.clientIp
        affinityTimeoutSeconds = affinity.hasTimeoutSeconds ? Int(affinity.timeoutSeconds) : nil
        loadBalancerClass = wire.hasLoadBalancerClass ? wire.loadBalancerClass : nil
        loadBalancerIP = sent(wire.loadBalancerIp)
        loadBalancerSourceRanges = sent(wire.loadBalancerSourceRanges)
        allocateLoadBalancerNodePorts = wire.hasAllocateLoadBalancerNodePorts ? wire.allocateLoadBalancerNodePorts : nil
        healthCheckNodePort = sent(wire.healthCheckNodePort)
        publishNotReadyAddresses = wire.publishNotReadyAddresses ? true : nil
    }
}
