/// A ServiceCIDR (networking.k8s.io/v1) as it was sent.
package struct ServiceCIDRFields: Sendable, Hashable {
    package var metadata: MetadataFields?
    /// `spec.cidrs`.
    package var cidrs: [String]?

    package init(metadata: MetadataFields? = nil, cidrs: [String]? = nil) {
        self.metadata = metadata
        self.cidrs = cidrs
    }
}
