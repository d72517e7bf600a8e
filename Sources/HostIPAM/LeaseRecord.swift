import NetworkTypes

/// What a lease file says: whose address it is.
package struct LeaseRecord: Sendable, Hashable {
    package let containerID: String
    /// Nil in files that an old host-local wrote.
    package let interfaceName: String?

    package init(containerID: String, interfaceName: String? = nil) {
        self.containerID = containerID
        self.interfaceName = interfaceName
    }

    /// Reads a file's content; nil for an empty one, which a writer left that was killed.
    package init?(parsing content: some Sequence<UInt8>) {
        let lines = content.split { $0 == 0x0a || $0 == 0x0d }.map(Self.trimmed)
        guard let first = lines.first, !first.isEmpty else { return nil }
        containerID = String(decoding: first, as: UTF8.self)
        interfaceName = lines.count > 1 ? String(decoding: lines[1], as: UTF8.self) : nil
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte <= 0x20 }
        var line = line.drop(while: isBlank)
        while let last = line.last, isBlank(last) { line.removeLast() }
        return line
    }

    /// The content that host-local writes and looks for.
    package var content: String { interfaceName.map { "\(containerID)\r\n\($0)" } ?? containerID }

    /// Whether the lease is that of an attachment, which the other record names.
    package func belongs(to owner: LeaseRecord) -> Bool {
        containerID == owner.containerID && (interfaceName ?? owner.interfaceName) == owner.interfaceName
    }
}

/// The number by which the index finds an owner's leases.
package struct OwnerHash: Sendable, Hashable {
    /// An even number: the index keeps something else in the lowest bit.
    let rawValue: UInt64

    init(rawValue: UInt64) { self.rawValue = rawValue & ~1 }

    package init(_ record: LeaseRecord) {
        self.init(rawValue: FNV1a.hash(record.containerID + "\u{0}" + (record.interfaceName ?? "")))
    }

    /// The hashes of all records that belong to an attachment: of its own, and of an old host-local's.
    package static func all(of owner: LeaseRecord) -> [OwnerHash] {
        [OwnerHash(owner), OwnerHash(LeaseRecord(containerID: owner.containerID))]
    }
}
