extension ServiceCIDR {
    /// The ServiceCIDR that fields make; parameter and errors as for any object.
    package init(_ fields: ServiceCIDRFields, remarks: inout [FieldRemark]) throws(FieldRemark) {
        let metadata = try ObjectMetadata(fields.metadata)
        self.init(
            name: metadata.name,
            cidrs: checkedNetworks(fields.cidrs, at: ["spec", "cidrs"], remarks: &remarks))
    }
}
