import NetworkTypes

extension Node {
    /// Cluster autoscaler, `utils/taints`.
    private static let deletionTaint = "ToBeDeletedByClusterAutoscaler"

    /// The Node that fields make; parameter and errors as for any object.
    package init(_ fields: NodeFields, remarks: inout [FieldRemark]) throws(FieldRemark) {
        let metadata = try ObjectMetadata(fields.metadata)
        self.init(name: metadata.name, labels: metadata.labels)
        isToBeDeleted = fields.taintKeys?.contains(Self.deletionTaint) == true
        podCIDRs = checkedNetworks(fields.podCIDRs, at: ["spec", "podCIDRs"], remarks: &remarks)
        if podCIDRs.isEmpty, let single = fields.podCIDR, !single.isEmpty {
            guard let network = CIDR(trimmed(single)) else {
                throw FieldRemark(
                    path: ["spec", "podCIDR"], text: "\(quoted(single)) is not a network such as 10.244.1.0/24")
            }
            podCIDRs = [network]
        }
        var externalIPs: [IPAddress] = []
        for (index, entry) in (fields.addresses ?? []).enumerated() where entry.isOfNode {
            let text = entry.address ?? ""
            guard let address = IPAddress(trimmed(text)) else {
                remarks.passOver(
                    ["status", "addresses", .index(index), "address"], "\(quoted(text)) is not an IP address")
                continue
            }
            if entry.type == "InternalIP" { addresses.append(address) } else { externalIPs.append(address) }
        }
        addresses += externalIPs
    }
}

extension NodeFields.Address {
    /// True for the kinds of address that are the node's own IPs, and not names.
    var isOfNode: Bool { type == "InternalIP" || type == "ExternalIP" }
}
