package import NetworkTypes

/// What the rules depend on besides the cluster's objects.
package struct ServiceTableOptions: Sendable, Hashable {
    /// Sources outside these are masqueraded on their way to a cluster IP; a family without one never is.
    package var clusterCIDRs: [CIDR]
    /// One bit of the packet mark, set between the choice of a backend and postrouting.
    package var masqueradeMark: UInt32
    /// Kernels before 6.17 can miss a key that one transaction deletes and adds again, so they look it up twice.
    package var repeatsDispatch: Bool

    package init(clusterCIDRs: [CIDR] = [], masqueradeMark: UInt32 = 1 << 14, repeatsDispatch: Bool = false) {
        self.clusterCIDRs = clusterCIDRs
        self.masqueradeMark = masqueradeMark
        self.repeatsDispatch = repeatsDispatch
    }
}
