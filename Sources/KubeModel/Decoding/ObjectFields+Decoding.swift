extension ObjectFields {
    /// Reads the fields of an object whose kind is known.
    init(_ kind: ObjectID.Kind, from decoder: any Decoder) throws {
        switch kind {
        case .service: self = .service(try ServiceFields(from: decoder))
        case .endpointSlice: self = .endpointSlice(try EndpointSliceFields(from: decoder))
        case .endpoints: self = .endpoints(try EndpointsFields(from: decoder))
        case .node: self = .node(try NodeFields(from: decoder))
        case .serviceCIDR: self = .serviceCIDR(try ServiceCIDRFields(from: decoder))
        }
    }
}
