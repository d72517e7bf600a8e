extension NodeFields: Decodable {
    private enum Keys: String, CodingKey { case metadata, spec, status }
    private enum SpecKeys: String, CodingKey { case podCIDR, podCIDRs, taints, key }
    private enum StatusKeys: String, CodingKey { case addresses, type, address }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        metadata = try MetadataFields(in: fields, .metadata)
        if let spec = try fields.mapping(.spec, SpecKeys.self) {
            podCIDRs = try spec.texts(.podCIDRs)
            podCIDR = try spec.text(.podCIDR)
            taintKeys = try? spec.list(.taints, SpecKeys.self) { try $0.text(.key) ?? "" }
        }
        addresses = try fields.mapping(.status, StatusKeys.self)?.list(.addresses, StatusKeys.self) { entry in
            var address = Address(type: try entry.text(.type))
            // Of a node's names nothing is made.
            address.address = address.isOfNode ? try entry.text(.address) : try? entry.text(.address)
            return address
        }
    }
}
