import NetworkTypes

extension Service {
    private enum Keys: String, CodingKey { case metadata, spec, status }
    private enum SpecKeys: String, CodingKey {
        case type, clusterIP, clusterIPs, externalIPs, loadBalancerSourceRanges, ports, internalTrafficPolicy
        case externalTrafficPolicy, sessionAffinity, sessionAffinityConfig, healthCheckNodePort
    }
    private enum PortKeys: String, CodingKey { case name, `protocol`, port, nodePort }
    private enum AffinityKeys: String, CodingKey { case clientIP, timeoutSeconds }
    private enum StatusKeys: String, CodingKey { case loadBalancer, ingress, ip, ipMode }
    private enum SessionAffinity: String, CaseIterable {
        case none = "None"
        case clientIP = "ClientIP"
    }

    /// Kubernetes' own default for `sessionAffinityConfig.clientIP.timeoutSeconds`: three hours.
    private static let defaultAffinityTimeout = 10_800

    /// Reads a Service.
    ///
    /// - Parameter remarks: takes what is passed over: IPs and networks that do not parse, and IPs of a special use.
    /// - Throws: `DecodingError` at the field that makes the whole object unusable.
    init(from decoder: any Decoder, remarks: inout [FieldRemark]) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        let metadata = try ObjectMetadata(in: fields, .metadata)
        self.init(
            name: metadata.namespacedName, creationTimestamp: metadata.creationTimestamp, labels: metadata.labels)
        guard let spec = try fields.mapping(.spec, SpecKeys.self) else { throw fields.error(.spec, "is missing") }
        type = try spec.word(.type, as: ServiceType.self) ?? .clusterIP
        try readClusterIPs(spec, &remarks)
        externalIPs = try spec.serviceAddresses(.externalIPs, remarks: &remarks)
        loadBalancerSourceRanges = try spec.networks(.loadBalancerSourceRanges, remarks: &remarks)
        ports = try Self.ports(spec)
        internalTrafficPolicy = try spec.word(.internalTrafficPolicy, as: TrafficPolicy.self) ?? .cluster
        externalTrafficPolicy = try spec.word(.externalTrafficPolicy, as: TrafficPolicy.self) ?? .cluster
        if try spec.word(.sessionAffinity, as: SessionAffinity.self) == .clientIP {
            let clientIP = try spec.mapping(.sessionAffinityConfig, AffinityKeys.self)?
                .mapping(.clientIP, AffinityKeys.self)
            affinityTimeoutSeconds =
                try clientIP?.number(.timeoutSeconds, in: 1...86400, what: "a timeout in seconds")
                ?? Self.defaultAffinityTimeout
        }
        healthCheckNodePort = try spec.optionalPort(.healthCheckNodePort)
        try fields.mapping(.status, StatusKeys.self)?.mapping(.loadBalancer, StatusKeys.self)?
            .forEach(.ingress, StatusKeys.self) { try readIngress($0, &remarks) }
    }

    private mutating func readClusterIPs(
        _ spec: KeyedDecodingContainer<SpecKeys>, _ remarks: inout [FieldRemark]
    ) throws {
        let clusterIP = try spec.text(.clusterIP)
        let several = try spec.strings(.clusterIPs)
        isHeadless = clusterIP == "None" || several.first == "None"
        if isHeadless { return }
        if !several.isEmpty {
            clusterIPs = try spec.serviceAddresses(.clusterIPs, remarks: &remarks)
        } else if !clusterIP.isEmpty {
            let path = FieldPath(spec.codingPath + [SpecKeys.clusterIP])
            if let address = serviceAddress(clusterIP, at: path, remarks: &remarks) { clusterIPs = [address] }
        }
    }

    private static func ports(_ spec: KeyedDecodingContainer<SpecKeys>) throws -> [ServicePort] {
        struct Number: Hashable {
            var proto: TransportProtocol
            var number: UInt16
        }
        var ports: [ServicePort] = []
        var names: Set<String> = []
        var numbers: Set<Number> = []
        var nodePorts: Set<Number> = []
        try spec.forEach(.ports, PortKeys.self) { fields in
            guard let number = try fields.port(.port) else { throw fields.error(.port, "is missing") }
            let port = ServicePort(
                name: try fields.portName(.name), proto: try fields.transportProtocol(.protocol), port: number,
                nodePort: try fields.optionalPort(.nodePort))
            guard names.insert(port.name).inserted else {
                throw fields.error(.name, "\(quoted(port.name)) is the name of another port of this Service")
            }
            guard numbers.insert(Number(proto: port.proto, number: number)).inserted else {
                throw fields.error(.port, "\(number)/\(port.proto.rawValue) is another port of this Service")
            }
            guard port.nodePort == 0 || nodePorts.insert(Number(proto: port.proto, number: port.nodePort)).inserted
            else {
                throw fields.error(.nodePort, "\(port.nodePort) is the node port of another port of this Service")
            }
            ports.append(port)
        }
        return ports
    }

    /// Takes an ingress point's IP unless the load balancer delivers to the node itself (`ipMode: Proxy`).
    private mutating func readIngress(
        _ fields: KeyedDecodingContainer<StatusKeys>, _ remarks: inout [FieldRemark]
    ) throws {
        let ip = try fields.text(.ip)
        let mode = try fields.text(.ipMode)
        guard !ip.isEmpty, mode.isEmpty || mode == "VIP" else { return }
        let path = FieldPath(fields.codingPath + [StatusKeys.ip])
        if let address = serviceAddress(ip, at: path, remarks: &remarks) { loadBalancerIPs.append(address) }
    }
}
