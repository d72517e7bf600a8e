extension ObjectFields {
    /// Reads the fields of an object whose kind is known.
    package init(_ kind: ObjectID.Kind, _ fields: FieldReader) throws(FieldRemark) {
        switch kind {
        case .service: self = .service(try ServiceFields(fields))
        case .endpointSlice: self = .endpointSlice(try EndpointSliceFields(fields))
        case .endpoints: self = .endpoints(try EndpointsFields(fields))
        case .node: self = .node(try NodeFields(fields))
        case .serviceCIDR: self = .serviceCIDR(try ServiceCIDRFields(fields))
        }
    }
}
