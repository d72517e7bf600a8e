package import CNIProtocol

/// What a lease file says: whose address it is.
package struct LeaseRecord: Sendable, Hashable {
    package let containerID: String
    /// Nil in files that an old host-local wrote.
    package let interfaceName: String?

    package init(_ attachment: Attachment) {
        containerID = attachment.containerID
        interfaceName = attachment.interfaceName
    }

    /// Reads a file's content; nil for an empty one, which a writer left that was killed.
    package init?(parsing content: String) {
        let lines = content.split(whereSeparator: \.isNewline).map { line in
            String(line.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        }
        guard let first = lines.first, !first.isEmpty else { return nil }
        containerID = first
        interfaceName = lines.count > 1 ? lines[1] : nil
    }

    /// The content that host-local writes and looks for.
    package var content: String { interfaceName.map { "\(containerID)\r\n\($0)" } ?? containerID }

    /// Whether the lease is this attachment's.
    package func belongs(to attachment: Attachment) -> Bool {
        containerID == attachment.containerID && (interfaceName ?? attachment.interfaceName) == attachment.interfaceName
    }
}
