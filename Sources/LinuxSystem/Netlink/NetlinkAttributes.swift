/// The attributes of a received netlink message, read within its bounds (`struct nlattr`, linux/netlink.h).
package struct NetlinkAttributes: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>

    /// - Parameter bytes: what follows the message's fixed headers.
    package init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// Takes the next attribute; nil at the end and at one whose length is impossible.
    package mutating func next() -> NetlinkAttribute? {
        guard let length = rest.uint16(at: 0), let type = rest.uint16(at: 2), length >= 4, Int(length) <= rest.count
        else { return nil }
        let start = rest.startIndex
        let value = rest[(start + 4)..<(start + Int(length))]
        rest = rest.dropFirst((Int(length) + 3) & ~3)
        // The two highest bits are NLA_F_NESTED and NLA_F_NET_BYTEORDER.
        return NetlinkAttribute(type: Int(type & 0x3fff), value: value)
    }
}

/// One attribute of a received message; a number that is cut off reads as 0.
package struct NetlinkAttribute {
    package let type: Int
    package let value: ArraySlice<UInt8>

    package var uint8: UInt8 { value.first ?? 0 }
    /// In the machine's order.
    package var uint32: UInt32 { value.uint32(at: 0) ?? 0 }
    package var int32: Int32 { value.int32(at: 0) ?? 0 }
    /// In network order.
    package var networkUInt16: UInt16 { value.uint16(at: 0)?.bigEndian ?? 0 }
    package var networkUInt32: UInt32 { value.uint32(at: 0)?.bigEndian ?? 0 }
    /// Up to the first zero byte.
    package var text: String { String(decoding: value.prefix { $0 != 0 }, as: UTF8.self) }
    package var nested: NetlinkAttributes { NetlinkAttributes(value) }
}

/// Integers in the machine's order; nil where the slice is too short.
extension ArraySlice<UInt8> {
    package func uint8(at offset: Int) -> UInt8? { integer(at: offset) }
    package func uint16(at offset: Int) -> UInt16? { integer(at: offset) }
    package func uint32(at offset: Int) -> UInt32? { integer(at: offset) }
    package func int32(at offset: Int) -> Int32? { integer(at: offset) }
    package func uint64(at offset: Int) -> UInt64? { integer(at: offset) }

    private func integer<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> T? {
        guard offset >= 0, count >= offset + MemoryLayout<T>.size else { return nil }
        return unsafe withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
    }
}
