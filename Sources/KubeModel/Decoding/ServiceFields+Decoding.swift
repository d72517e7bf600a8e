extension ServiceFields: Decodable {
    private enum Keys: String, CodingKey { case metadata, spec, status }
    private enum StatusKeys: String, CodingKey { case loadBalancer, ingress, ip, ipMode }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        metadata = try MetadataFields(in: fields, .metadata)
        spec = try fields.mapping(.spec, Spec.Keys.self).map { try Spec($0) }
        ingress = try fields.mapping(.status, StatusKeys.self)?.mapping(.loadBalancer, StatusKeys.self)?
            .list(.ingress, StatusKeys.self) { Ingress(ip: try $0.text(.ip), ipMode: try $0.text(.ipMode)) }
    }
}

extension ServiceFields.Spec {
    fileprivate enum Keys: String, CodingKey {
        case type, clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy, externalIPs, ports
        case internalTrafficPolicy, externalTrafficPolicy, trafficDistribution, sessionAffinity, sessionAffinityConfig
        case loadBalancerClass, loadBalancerSourceRanges, allocateLoadBalancerNodePorts, healthCheckNodePort
        case publishNotReadyAddresses
    }
    private enum PortKeys: String, CodingKey { case name, `protocol`, port, nodePort }
    private enum AffinityKeys: String, CodingKey { case clientIP, timeoutSeconds }

    fileprivate init(_ fields: KeyedDecodingContainer<Keys>) throws {
        type = try fields.text(.type)
        clusterIP = try fields.text(.clusterIP)
        clusterIPs = try fields.texts(.clusterIPs)
        externalIPs = try fields.texts(.externalIPs)
        loadBalancerSourceRanges = try fields.texts(.loadBalancerSourceRanges)
        ports = try fields.list(.ports, PortKeys.self) { port in
            ServiceFields.Port(
                name: try port.text(.name), protocol: try port.text(.protocol), port: try port.number(.port),
                nodePort: try port.number(.nodePort))
        }
        internalTrafficPolicy = try fields.text(.internalTrafficPolicy)
        externalTrafficPolicy = try fields.text(.externalTrafficPolicy)
        sessionAffinity = try fields.text(.sessionAffinity)
        // Without affinity nothing is made of its configuration.
        affinityTimeoutSeconds =
            sessionAffinity == "ClientIP" ? try Self.affinityTimeout(fields) : try? Self.affinityTimeout(fields)
        healthCheckNodePort = try fields.number(.healthCheckNodePort)
        ipFamilies = try? fields.texts(.ipFamilies)
        ipFamilyPolicy = try? fields.text(.ipFamilyPolicy)
        trafficDistribution = try? fields.text(.trafficDistribution)
        loadBalancerClass = try? fields.text(.loadBalancerClass)
        allocateLoadBalancerNodePorts = try? fields.flag(.allocateLoadBalancerNodePorts)
        publishNotReadyAddresses = try? fields.flag(.publishNotReadyAddresses)
    }

    private static func affinityTimeout(_ fields: KeyedDecodingContainer<Keys>) throws -> Int? {
        try fields.mapping(.sessionAffinityConfig, AffinityKeys.self)?.mapping(.clientIP, AffinityKeys.self)?
            .number(.timeoutSeconds)
    }
}
