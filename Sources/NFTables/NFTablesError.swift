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
}

extension NFTablesError: CustomStringConvertible {
    package var description: String {
        "nftables: \(operation): \(errno)" + (message.map { " (\($0))" } ?? "")
    }
}
