import NetworkTypes

extension Service {
    private enum SessionAffinity: String, CaseIterable {
        case none = "None"
        case clientIP = "ClientIP"
    }

    /// Kubernetes' own default for `sessionAffinityConfig.clientIP.timeoutSeconds`: three hours.
    private static let defaultAffinityTimeout = 10_800

    /// The Service that fields make.
    ///
    /// What an API server would refuse is an error, because a manifest does not pass one; the last good version stays then.
    /// Entries of lists that say where else the Service can be reached are passed over one by one, as kube-proxy does.
    ///
    /// - Parameter remarks: takes what is passed over.
    /// - Throws: at the field that makes the whole object unusable.
    package init(_ fields: ServiceFields, remarks: inout [FieldRemark]) throws(FieldRemark) {
        let metadata = try ObjectMetadata(fields.metadata)
        guard let spec = fields.spec else { throw FieldRemark(path: ["spec"], text: "is missing") }
        self.init(
            name: metadata.namespacedName, creationTimestamp: metadata.creationTimestamp, labels: metadata.labels)
        type = try checkedWord(spec.type, as: ServiceType.self, at: ["spec", "type"]) ?? .clusterIP
        // Left over from another type, it means nothing: the name is DNS's alone.
        if type != .externalName { try takeClusterIPs(spec) }
        externalIPs = serviceAddresses(spec.externalIPs, at: ["spec", "externalIPs"], remarks: &remarks)
        loadBalancerSourceRanges = checkedNetworks(
            spec.loadBalancerSourceRanges, at: ["spec", "loadBalancerSourceRanges"], remarks: &remarks)
        ports = try checkedPorts(spec.ports ?? [], mayHaveNodePorts: type != .clusterIP)
        if ports.isEmpty, !clusterIPs.isEmpty { throw FieldRemark(path: ["spec", "ports"], text: "is missing") }
        internalTrafficPolicy =
            try checkedWord(
                spec.internalTrafficPolicy, as: TrafficPolicy.self, at: ["spec", "internalTrafficPolicy"]) ?? .cluster
        externalTrafficPolicy =
            try checkedWord(
                spec.externalTrafficPolicy, as: TrafficPolicy.self, at: ["spec", "externalTrafficPolicy"]) ?? .cluster
        let affinity = try checkedWord(spec.sessionAffinity, as: SessionAffinity.self, at: ["spec", "sessionAffinity"])
        if affinity == .clientIP {
            affinityTimeoutSeconds =
                try checkedNumber(
                    spec.affinityTimeoutSeconds, in: 1...86400, what: "a timeout in seconds",
                    at: ["spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds"]) ?? Self.defaultAffinityTimeout
        }
        healthCheckNodePort = try checkedOptionalPort(spec.healthCheckNodePort, at: ["spec", "healthCheckNodePort"])
        for (index, point) in (fields.ingress ?? []).enumerated() {
            // A load balancer of another mode (`Proxy`) delivers to the node itself.
            guard let ip = point.ip, !ip.isEmpty, ["", "VIP"].contains(point.ipMode ?? "") else { continue }
            let path: FieldPath = ["status", "loadBalancer", "ingress", .index(index), "ip"]
            if let address = serviceAddress(ip, at: path, remarks: &remarks) { loadBalancerIPs.append(address) }
        }
        if let left = Unassigned(by: self, fields) { unassigned = [left] }
    }

    private mutating func takeClusterIPs(_ spec: ServiceFields.Spec) throws(FieldRemark) {
        let clusterIP = spec.clusterIP ?? ""
        let several = spec.clusterIPs ?? []
        isHeadless = clusterIP == "None" || several.first == "None"
        if let first = several.first, !clusterIP.isEmpty, first != clusterIP {
            throw FieldRemark(
                path: ["spec", "clusterIPs", .index(0)], text: "\(quoted(first)) is not clusterIP \(quoted(clusterIP))")
        }
        if isHeadless { return }
        let texts = several.isEmpty ? clusterIP.isEmpty ? [] : [clusterIP] : several
        for (index, text) in texts.enumerated() {
            let path: FieldPath =
                several.isEmpty ? ["spec", "clusterIP"] : ["spec", "clusterIPs", .index(index)]
            let address = try clusterAddress(text, at: path)
            if clusterIPs.contains(where: { $0.family == address.family }) {
                throw FieldRemark(
                    path: path, text: "\(address) is the second \(address.family.rawValue) address: one of each family")
            }
            if let family = spec.ipFamilies.flatMap({ $0.indices.contains(index) ? $0[index] : nil }),
                family != address.family.rawValue
            {
                throw FieldRemark(path: path, text: "\(address) is not \(family), which ipFamilies[\(index)] says")
            }
            clusterIPs.append(address)
        }
    }
}

/// An address that a cluster may give to a Service.
private func clusterAddress(_ text: String, at path: FieldPath) throws(FieldRemark) -> IPAddress {
    guard let address = IPAddress(trimmed(text)) else {
        throw FieldRemark(path: path, text: "\(quoted(text)) is not an IP address")
    }
    if let use = address.specialUse { throw FieldRemark(path: path, text: "\(address) is \(use)") }
    return address
}

/// The ports of a Service, of which no two may have one name, one number or one node port.
private func checkedPorts(
    _ fields: [ServiceFields.Port], mayHaveNodePorts: Bool
) throws(FieldRemark) -> [ServicePort] {
    struct Number: Hashable {
        var proto: TransportProtocol
        var number: UInt16
    }
    var ports: [ServicePort] = []
    var names: Set<String> = []
    var numbers: Set<Number> = []
    var nodePorts: Set<Number> = []
    for (index, entry) in fields.enumerated() {
        func path(_ key: FieldPath.Step) -> FieldPath { ["spec", "ports", .index(index), key] }
        guard let number = try checkedPort(entry.port, at: path("port")) else {
            throw FieldRemark(path: path("port"), text: "is missing")
        }
        let port = ServicePort(
            name: try checkedPortName(entry.name, at: path("name")),
            proto: try checkedProtocol(entry.protocol, at: path("protocol")), port: number,
            nodePort: try checkedOptionalPort(entry.nodePort, at: path("nodePort")))
        guard port.nodePort == 0 || mayHaveNodePorts else {
            throw FieldRemark(
                path: path("nodePort"), text: "only a Service of type NodePort or LoadBalancer has node ports")
        }
        guard names.insert(port.name).inserted else {
            throw FieldRemark(
                path: path("name"), text: "\(quoted(port.name)) is the name of another port of this Service")
        }
        guard numbers.insert(Number(proto: port.proto, number: number)).inserted else {
            throw FieldRemark(
                path: path("port"), text: "\(number)/\(port.proto.rawValue) is another port of this Service")
        }
        guard port.nodePort == 0 || nodePorts.insert(Number(proto: port.proto, number: port.nodePort)).inserted else {
            throw FieldRemark(
                path: path("nodePort"), text: "\(port.nodePort) is the node port of another port of this Service")
        }
        ports.append(port)
    }
    return ports
}
