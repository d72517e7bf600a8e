/// A Node (core/v1) as it was sent.
package struct NodeFields: Sendable, Hashable {
    package var metadata: MetadataFields?
    /// `spec.podCIDR`.
    package var podCIDR: String?
    /// `spec.podCIDRs`.
    package var podCIDRs: [String]?
    /// `spec.taints[].key`, empty where an entry has none.
    package var taintKeys: [String]?
    /// `status.addresses`.
    package var addresses: [Address]?

    package struct Address: Sendable, Hashable {
        package var type: String?
        package var address: String?

        package init(type: String? = nil, address: String? = nil) {
            self.type = type
            self.address = address
        }
    }

    package init(
        metadata: MetadataFields? = nil, podCIDR: String? = nil, podCIDRs: [String]? = nil, addresses: [Address]? = nil
    ) {
        self.metadata = metadata
        self.podCIDR = podCIDR
        self.podCIDRs = podCIDRs
        self.addresses = addresses
    }
}
