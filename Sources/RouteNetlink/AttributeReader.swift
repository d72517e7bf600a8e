/// A bounds-checked view of a received message: fixed headers, then attributes.
struct AttributeReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// Takes the next attribute; nil at the end and at one whose length is impossible.
    mutating func next() -> Attribute? {
        guard let length = rest.integer(UInt16.self, at: 0), let type = rest.integer(UInt16.self, at: 2),
            length >= 4, Int(length) <= rest.count
        else { return nil }
        let start = rest.startIndex
        let value = rest[(start + 4)..<(start + Int(length))]
        rest = rest.dropFirst((Int(length) + 3) & ~3)
        // The two highest bits are NLA_F_NESTED and NLA_F_NET_BYTEORDER.
        return Attribute(type: Int(type & 0x3fff), value: value)
    }
}

/// One attribute of a received message.
struct Attribute {
    let type: Int
    let value: ArraySlice<UInt8>

    var uint32: UInt32 { value.integer(UInt32.self, at: 0) ?? 0 }
    var int32: Int32 { value.integer(Int32.self, at: 0) ?? 0 }
    var uint8: UInt8 { value.first ?? 0 }
    var text: String { String(decoding: value.prefix { $0 != 0 }, as: UTF8.self) }
    var nested: AttributeReader { AttributeReader(value) }
}

extension AttributeReader: Sequence, IteratorProtocol {}

extension ArraySlice<UInt8> {
    /// Reads an integer in the machine's order; nil when the slice is too short.
    func integer<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type, at offset: Int) -> T? {
        guard offset >= 0, count >= offset + MemoryLayout<T>.size else { return nil }
        return unsafe withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
    }
}
