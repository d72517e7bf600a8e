import NetworkTypes

extension Node {
    private enum Keys: String, CodingKey { case metadata, spec, status }
    private enum SpecKeys: String, CodingKey { case podCIDR, podCIDRs }
    private enum StatusKeys: String, CodingKey { case addresses, type, address }

    /// Reads a Node; parameter and errors as for a Service.
    init(from decoder: any Decoder, remarks: inout [FieldRemark]) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        let metadata = try ObjectMetadata(in: fields, .metadata)
        self.init(name: metadata.name, labels: metadata.labels)
        if let spec = try fields.mapping(.spec, SpecKeys.self) {
            podCIDRs = try spec.networks(.podCIDRs, remarks: &remarks)
            let single = try spec.text(.podCIDR)
            if podCIDRs.isEmpty, !single.isEmpty {
                guard let network = CIDR(trimmed(single)) else {
                    throw spec.error(.podCIDR, "\(quoted(single)) is not a network such as 10.244.1.0/24")
                }
                podCIDRs = [network]
            }
        }
        var internalIPs: [IPAddress] = []
        var externalIPs: [IPAddress] = []
        try fields.mapping(.status, StatusKeys.self)?.forEach(.addresses, StatusKeys.self) { entry in
            let type = try entry.text(.type)
            guard type == "InternalIP" || type == "ExternalIP" else { return }
            let text = try entry.text(.address)
            guard let address = IPAddress(trimmed(text)) else {
                remarks.passOver(
                    FieldPath(entry.codingPath + [StatusKeys.address]), "\(quoted(text)) is not an IP address")
                return
            }
            if type == "InternalIP" { internalIPs.append(address) } else { externalIPs.append(address) }
        }
        addresses = internalIPs + externalIPs
    }
}
