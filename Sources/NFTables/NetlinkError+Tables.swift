import Glibc
package import LinuxSystem

/// Requests that nf_tables refused.
extension NetlinkError {
    /// - Parameter operation: what was asked, as nft would write it; for a transaction the operation that failed.
    package init(_ operation: String, _ errno: Errno, message: String? = nil) {
        self.init(.nftables, operation, errno, kernelMessage: message)
    }

    /// A key that was to be added is taken.
    ///
    /// Older kernels say `EBUSY` where it has other data, and sets of concatenated ranges `ENOTEMPTY` where the new
    /// range overlaps another without being equal to it.
    package var meansKeyIsTaken: Bool {
        errno == .exists || errno == .busy || errno == Errno(rawValue: ENOTEMPTY)
    }
}
