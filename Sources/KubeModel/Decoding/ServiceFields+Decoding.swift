extension ServiceFields {
    package init(_ fields: FieldReader) throws(FieldRemark) {
        self.init(
            metadata: try MetadataFields(in: fields),
            spec: try fields.mapping("spec") { spec throws(FieldRemark) in try Spec(spec) },
            ingress: try fields.mapping("status") { status throws(FieldRemark) in
                try status.mapping("loadBalancer") { balancer throws(FieldRemark) in
                    try balancer.list("ingress", Self.ingress)
                }
            })
    }

    private static func ingress(_ fields: FieldReader) throws(FieldRemark) -> Ingress {
        Ingress(ip: try fields.text("ip"), ipMode: try fields.text("ipMode"))
    }
}

extension ServiceFields.Spec {
    fileprivate init(_ fields: FieldReader) throws(FieldRemark) {
        type = try fields.text("type")
        clusterIP = try fields.text("clusterIP")
        clusterIPs = try fields.texts("clusterIPs")
        externalIPs = try fields.texts("externalIPs")
        loadBalancerSourceRanges = try fields.texts("loadBalancerSourceRanges")
        ports = try fields.list("ports", Self.port)
        internalTrafficPolicy = try fields.text("internalTrafficPolicy")
        externalTrafficPolicy = try fields.text("externalTrafficPolicy")
        sessionAffinity = try fields.text("sessionAffinity")
        // Without affinity nothing is made of its configuration.
        affinityTimeoutSeconds =
            sessionAffinity == "ClientIP" ? try Self.affinityTimeout(fields) : try? Self.affinityTimeout(fields)
        healthCheckNodePort = try fields.number("healthCheckNodePort")
        ipFamilies = try? fields.texts("ipFamilies")
        ipFamilyPolicy = try? fields.text("ipFamilyPolicy")
        trafficDistribution = try? fields.text("trafficDistribution")
        loadBalancerClass = try? fields.text("loadBalancerClass")
        loadBalancerIP = try? fields.text("loadBalancerIP")
        allocateLoadBalancerNodePorts = try? fields.flag("allocateLoadBalancerNodePorts")
        publishNotReadyAddresses = try? fields.flag("publishNotReadyAddresses")
    }

    private static func port(_ fields: FieldReader) throws(FieldRemark) -> ServiceFields.Port {
        ServiceFields.Port(
            name: try fields.text("name"), protocol: try fields.text("protocol"), port: try fields.number("port"),
            nodePort: try fields.number("nodePort"))
    }

    private static func affinityTimeout(_ fields: FieldReader) throws(FieldRemark) -> Int? {
        try fields.mapping("sessionAffinityConfig") { configuration throws(FieldRemark) in
            try configuration.mapping("clientIP") { client throws(FieldRemark) in try client.number("timeoutSeconds") }
        }
    }
}
