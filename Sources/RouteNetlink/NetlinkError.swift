package import LinuxSystem

/// A request that the kernel refused, or a conversation with it that failed.
package struct NetlinkError: Error, Hashable, Sendable {
    /// What was asked, with its object: `create the veth pair veth0a1b2c3d4e5`.
    package let operation: String
    package let errno: Errno
    /// The kernel's own sentence (extended acknowledgement), when it gave one.
    package let kernelMessage: String?

    package init(_ operation: String, _ errno: Errno, kernelMessage: String? = nil) {
        self.operation = operation
        self.errno = errno
        self.kernelMessage = kernelMessage
    }
}

extension NetlinkError: CustomStringConvertible {
    package var description: String {
        "\(operation): \(errno)" + (kernelMessage.map { " (\($0))" } ?? "")
    }
}
