/// What a netlink conversation is about, which is whom it is with.
package enum NetlinkFamily: String, Sendable, Hashable {
    case route
    case nftables
    case conntrack
}

/// A request that the kernel refused, or a conversation with it that failed.
package struct NetlinkError: Error, Hashable, Sendable {
    package let family: NetlinkFamily
    /// What was asked, in words and with its object: `create the veth pair veth0a1b2c3d4e5`.
    ///
    /// For a transaction of nf_tables it is the operation that failed, as nft would write it.
    package let operation: String
    package let errno: Errno
    /// The kernel's own sentence (extended acknowledgement), where it gave one.
    package let kernelMessage: String?

    package init(_ family: NetlinkFamily, _ operation: String, _ errno: Errno, kernelMessage: String? = nil) {
        self.family = family
        self.operation = operation
        self.errno = errno
        self.kernelMessage = kernelMessage
    }
}

extension NetlinkError: CustomStringConvertible {
    /// `operation: errno (the kernel's sentence)`; nft's words alone would not say who speaks.
    package var description: String {
        (family == .nftables ? "nftables: " : "") + "\(operation): \(errno)"
            + (kernelMessage.map { " (\($0))" } ?? "")
    }
}
