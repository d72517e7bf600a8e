import Glibc
package import LinuxSystem

/// A request that nf_tables refused.
package struct NFTablesError: Error, Hashable, Sendable {
    /// What was asked, as nft would write it; for a transaction the operation that failed.
    package let operation: String
    package let errno: Errno
    /// The kernel's own words, where it sent some.
    package let message: String?

    package init(_ operation: String, _ errno: Errno, message: String? = nil) {
        self.operation = operation
        self.errno = errno
        self.message = message
    }

    /// A key that was to be added is taken.
    ///
    /// Older kernels say `EBUSY` where it has other data, and sets of concatenated ranges `ENOTEMPTY` where the new
    /// range overlaps another without being equal to it.
    package var meansKeyIsTaken: Bool {
        errno == .exists || errno == .busy || errno == Errno(rawValue: ENOTEMPTY)
    }
}

extension NFTablesError: CustomStringConvertible {
    package var description: String {
        "nftables: \(operation): \(errno)" + (message.map { " (\($0))" } ?? "")
    }
}
