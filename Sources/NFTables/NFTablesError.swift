import Glibc
package import LinuxSystem

/// A request that nf_tables refused.
package typealias NFTablesError = NetlinkError

extension NetlinkError {
    /// The kernel's own words, where it sent some.
    package var message: String? { kernelMessage }

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
