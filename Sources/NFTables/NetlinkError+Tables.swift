package import LinuxSystem

/// Requests that nf_tables refused.
extension NetlinkError {
    /// - Parameter operation: what was asked, as nft would write it; for a transaction the operation that failed.
    package init(_ operation: String, _ errno: Errno, message: String? = nil) {
        self.init(.nftables, operation, errno, kernelMessage: message)
    }
}
