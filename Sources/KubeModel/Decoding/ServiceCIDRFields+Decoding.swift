extension ServiceCIDRFields {
    package init(_ fields: FieldReader) throws(FieldRemark) {
        metadata = try MetadataFields(in: fields)
        cidrs = try? fields.mapping("spec")?.texts("cidrs")
    }
}
