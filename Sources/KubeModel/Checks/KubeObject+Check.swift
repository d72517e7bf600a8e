extension KubeObject {
    /// The valid object that fields make.
    ///
    /// - Parameter remarks: takes what is passed over. Paths begin at the object.
    /// - Throws: at the field that makes the whole object unusable.
    package init(_ fields: ObjectFields, remarks: inout [FieldRemark]) throws(FieldRemark) {
        switch fields {
        case .service(let fields): self = .service(try Service(fields, remarks: &remarks))
        case .endpointSlice(let fields): self = .endpointSlice(try EndpointSlice(fields, remarks: &remarks))
        case .endpoints(let fields): self = .endpoints(try Endpoints(fields))
        case .node(let fields): self = .node(try Node(fields, remarks: &remarks))
        case .serviceCIDR(let fields): self = .serviceCIDR(try ServiceCIDR(fields, remarks: &remarks))
        }
    }
}

extension ObjectID {
    /// The identity of an object of which perhaps nothing but its name can be used; nil where not even that.
    package init?(_ kind: Kind, name: String?, namespace: String?) {
        let namespace = namespace ?? ""
        guard let name, isDNSSubdomain(name), namespace.isEmpty || isDNSLabel(namespace) else { return nil }
        let inNamespace = kind.isClusterWide ? "" : namespace.isEmpty ? "default" : namespace
        self.init(kind: kind, name: NamespacedName(namespace: inNamespace, name: name))
    }
}
