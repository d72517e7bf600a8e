/// The attributes of a received message, read within its bounds.
struct AttributeReader: Sequence, IteratorProtocol {
    struct Attribute {
        let type: Int
        let value: ArraySlice<UInt8>

        var nested: AttributeReader { AttributeReader(value) }

        /// A number in network byte order.
        var number: UInt32 { value.prefix(4).reduce(0) { $0 << 8 | UInt32($1) } }
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func next() -> Attribute? {
        guard rest.count >= 4 else { return nil }
        let start = rest.startIndex
        let length = Int(rest[start]) | Int(rest[start + 1]) << 8
        guard length >= 4, length <= rest.count else { return nil }
        // The two highest bits are NLA_F_NESTED and NLA_F_NET_BYTEORDER.
        let type = Int(rest[start + 2]) | Int(rest[start + 3] & 0x3f) << 8
        let value = rest[(start + 4)..<(start + length)]
        rest = rest.dropFirst((length + 3) & ~3)
        return Attribute(type: type, value: value)
    }
}

/// The messages of one datagram from the kernel.
struct MessageReader: Sequence, IteratorProtocol {
    struct Message {
        let type: Int
        let sequence: UInt32
        /// What follows the netlink header.
        let body: ArraySlice<UInt8>

        /// The error number of an answer or of a dump's end; 0 for success.
        var errorNumber: Int32 { body.count < 4 ? 0 : 0 &- Int32(bitPattern: body.hostNumber(at: 0)) }

        /// The attributes behind the header `nfgenmsg`.
        var attributes: AttributeReader { AttributeReader(body.dropFirst(4)) }
    }

    private static let headerLength = 16

    private var rest: ArraySlice<UInt8>

    init(_ datagram: [UInt8]) { rest = datagram[...] }

    mutating func next() -> Message? {
        guard rest.count >= Self.headerLength else { return nil }
        let length = Int(rest.hostNumber(at: 0))
        guard length >= Self.headerLength, length <= rest.count else { return nil }
        let message = Message(
            type: Int(rest.hostNumber(at: 4) & 0xffff), sequence: rest.hostNumber(at: 8),
            body: rest.dropFirst(Self.headerLength).prefix(length - Self.headerLength))
        rest = rest.dropFirst((length + 3) & ~3)
        return message
    }
}

extension ArraySlice<UInt8> {
    /// A number in host byte order, little-endian as all of Fairway's targets are; the slice is long enough.
    fileprivate func hostNumber(at offset: Int) -> UInt32 {
        self[(startIndex + offset)..<(startIndex + offset + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}
