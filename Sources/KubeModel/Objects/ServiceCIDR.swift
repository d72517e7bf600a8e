package import NetworkTypes

/// A ServiceCIDR (networking.k8s.io/v1): networks from which cluster IPs are given out.
package struct ServiceCIDR: Sendable, Hashable {
    package var name: String
    package var cidrs: [CIDR]

    package init(name: String, cidrs: [CIDR]) {
        self.name = name
        self.cidrs = cidrs
    }
}
