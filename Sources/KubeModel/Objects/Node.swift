package import NetworkTypes

/// A Node (core/v1).
package struct Node: Sendable, Hashable {
    package var name: String
    package var labels: [String: String]
    /// `status.addresses` of type InternalIP, then those of type ExternalIP, each in the order of the object.
    package var addresses: [IPAddress]
    /// `spec.podCIDRs`, or `spec.podCIDR` alone.
    package var podCIDRs: [CIDR]
    /// The cluster autoscaler is about to take it away: it has the taint `ToBeDeletedByClusterAutoscaler`.
    package var isToBeDeleted: Bool

    package init(
        name: String, labels: [String: String] = [:], addresses: [IPAddress] = [], podCIDRs: [CIDR] = [],
        isToBeDeleted: Bool = false
    ) {
        self.name = name
        self.labels = labels
        self.addresses = addresses
        self.podCIDRs = podCIDRs
        self.isToBeDeleted = isToBeDeleted
    }
}
