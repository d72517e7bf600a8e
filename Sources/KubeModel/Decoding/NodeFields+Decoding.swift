extension NodeFields {
    package init(_ fields: FieldReader) throws(FieldRemark) {
        self.init(metadata: try MetadataFields(in: fields))
        if let spec = try fields.mapping("spec") {
            do throws(FieldRemark) {
                podCIDRs = try spec.texts("podCIDRs")
                podCIDR = try spec.text("podCIDR")
            } catch {
                throw error.within(["spec"])
            }
            taintKeys = try? spec.list("taints") { taint throws(FieldRemark) in try taint.text("key") ?? "" }
        }
        addresses = try fields.mapping("status") { status throws(FieldRemark) in
            try status.list("addresses", Self.address)
        }
    }

    private static func address(_ fields: FieldReader) throws(FieldRemark) -> Address {
        var address = Address(type: try fields.text("type"))
        // Of a node's names nothing is made.
        address.address = address.isOfNode ? try fields.text("address") : try? fields.text("address")
        return address
    }
}
