package import NetworkTypes

/// What a Service leaves to whoever gives out addresses and node ports: an API server, a cloud, or the daemon itself.
package struct Unassigned: Sendable, Hashable {
    package enum FamilyPolicy: String, Sendable, Hashable, CaseIterable {
        case singleStack = "SingleStack"
        case preferDualStack = "PreferDualStack"
        case requireDualStack = "RequireDualStack"
    }

    /// `spec.ipFamilies`.
    package var families: [IPFamily]
    package var familyPolicy: FamilyPolicy
    /// Ports without a node port are to have one.
    package var nodePorts: Bool
    package var healthCheckNodePort: Bool
    /// A load balancer's address, and not of a `loadBalancerClass`, which is somebody else's.
    package var loadBalancerIP: Bool
    /// `spec.loadBalancerIP`.
    package var requestedLoadBalancerIP: IPAddress?

    package init(
        families: [IPFamily] = [], familyPolicy: FamilyPolicy = .singleStack, nodePorts: Bool = false,
        healthCheckNodePort: Bool = false, loadBalancerIP: Bool = false, requestedLoadBalancerIP: IPAddress? = nil
    ) {
        self.families = families
        self.familyPolicy = familyPolicy
        self.nodePorts = nodePorts
        self.healthCheckNodePort = healthCheckNodePort
        self.loadBalancerIP = loadBalancerIP
        self.requestedLoadBalancerIP = requestedLoadBalancerIP
    }
}

extension Unassigned {
    /// Nil for a Service that names all that it can have, and for one that can have nothing.
    init?(by service: Service, _ fields: ServiceFields) {
        if service.type == .externalName || service.isHeadless || service.isOfAnotherProxy { return nil }
        let spec = fields.spec
        var seen: Set<IPFamily> = []
        self.init(
            families: spec?.ipFamilies?.compactMap(IPFamily.init).filter { seen.insert($0).inserted } ?? [],
            familyPolicy: spec?.ipFamilyPolicy.flatMap(FamilyPolicy.init) ?? .singleStack)
        let isBalanced = service.type == .loadBalancer
        if service.type == .nodePort || isBalanced && spec?.allocateLoadBalancerNodePorts != false {
            nodePorts = service.ports.contains { $0.nodePort == 0 }
        }
        healthCheckNodePort =
            isBalanced && service.externalTrafficPolicy == .local && service.healthCheckNodePort == 0
        loadBalancerIP =
            isBalanced && fields.ingress?.isEmpty != false && spec?.loadBalancerClass?.isEmpty != false
        if loadBalancerIP { requestedLoadBalancerIP = spec?.loadBalancerIP.flatMap { IPAddress(trimmed($0)) } }
        let mayHaveBoth = familyPolicy != .singleStack || families.count > 1
        guard
            service.clusterIPs.isEmpty || service.clusterIPs.count == 1 && mayHaveBoth || nodePorts
                || healthCheckNodePort || loadBalancerIP
        else { return nil }
    }
}
