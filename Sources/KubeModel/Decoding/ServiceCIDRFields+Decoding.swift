extension ServiceCIDRFields: Decodable {
    private enum Keys: String, CodingKey { case metadata, spec, cidrs }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        metadata = try MetadataFields(in: fields, .metadata)
        cidrs = try? fields.mapping(.spec, Keys.self)?.texts(.cidrs)
    }
}
