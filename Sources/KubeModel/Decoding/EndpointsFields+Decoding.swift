extension EndpointsFields: Decodable {
    private enum Keys: String, CodingKey { case metadata, subsets }
    private enum SubsetKeys: String, CodingKey { case addresses, notReadyAddresses, ports }
    private enum AddressKeys: String, CodingKey { case ip, nodeName }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        metadata = try MetadataFields(in: fields, .metadata)
        subsets = try fields.list(.subsets, SubsetKeys.self) { subset in
            Subset(
                addresses: try subset.list(.addresses, AddressKeys.self, Self.address),
                notReadyAddresses: try subset.list(.notReadyAddresses, AddressKeys.self, Self.address),
                ports: try subset.list(.ports, EndpointPortFields.Keys.self) { try EndpointPortFields($0) })
        }
    }

    private static func address(_ fields: KeyedDecodingContainer<AddressKeys>) throws -> Address {
        Address(ip: try fields.text(.ip), nodeName: try fields.text(.nodeName))
    }
}
