extension EndpointsFields {
    package init(_ fields: FieldReader) throws(FieldRemark) {
        metadata = try MetadataFields(in: fields)
        subsets = try fields.list("subsets") { subset throws(FieldRemark) in
            Subset(
                addresses: try subset.list("addresses", Self.address),
                notReadyAddresses: try subset.list("notReadyAddresses", Self.address),
                ports: try subset.list("ports", EndpointPortFields.init))
        }
    }

    private static func address(_ fields: FieldReader) throws(FieldRemark) -> Address {
        Address(ip: try fields.text("ip"), nodeName: try fields.text("nodeName"))
    }
}
