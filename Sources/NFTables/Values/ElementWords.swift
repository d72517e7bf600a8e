package import NetworkTypes

/// The words of keys and data, as they travel: the one encoder of all tables.
extension [UInt32] {
    /// Appends an address in network byte order.
    package mutating func append(address: UInt128, _ family: IPFamily) {
        if family == .ipv6 {
            append(UInt32(truncatingIfNeeded: address >> 96).bigEndian)
            append(UInt32(truncatingIfNeeded: address >> 64).bigEndian)
            append(UInt32(truncatingIfNeeded: address >> 32).bigEndian)
        }
        append(UInt32(truncatingIfNeeded: address).bigEndian)
    }

    package mutating func append(port: UInt16) { append((UInt32(port) << 16).bigEndian) }

    /// Appends a transport protocol's number, as `meta l4proto` loads it.
    package mutating func append(proto: TransportProtocol) { append(UInt32(proto.number)) }

    // MARK: parts that are put together with `+`

    /// Bytes, padded with zeros to whole words.
    package static func bytes(_ bytes: [UInt8]) -> [UInt32] {
        Swift.stride(from: 0, to: bytes.count, by: 4).map { start in
            bytes[start..<Swift.min(start + 4, bytes.count)].enumerated().reduce(0) { word, byte in
                word | UInt32(byte.element) << UInt32(8 * byte.offset)
            }
        }
    }

    package static func address(_ address: IPAddress) -> [UInt32] {
        var words: [UInt32] = []
        words.append(address: address.value, address.family)
        return words
    }

    package static func proto(_ proto: TransportProtocol) -> [UInt32] { [UInt32(proto.number)] }

    package static func port(_ port: UInt16) -> [UInt32] { [(UInt32(port) << 16).bigEndian] }

    package static func ether(_ address: MACAddress) -> [UInt32] { bytes(address.bytes) }

    /// An interface's name, padded to `IFNAMSIZ`; what is longer is cut.
    package static func interface(_ name: String) -> [UInt32] {
        let text = name.utf8.prefix(15)
        return bytes(text + [UInt8](repeating: 0, count: 16 - text.count))
    }
}

/// Reading words back.
extension ArraySlice<UInt32> {
    /// The bytes that these words travel as.
    package var bytes: [UInt8] {
        flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    /// The address that all of these words are.
    package var addressValue: UInt128 { reduce(0) { $0 << 32 | UInt128($1.bigEndian) } }
}

extension UInt32 {
    /// The port that a word is.
    package var portValue: UInt16 { UInt16(truncatingIfNeeded: bigEndian >> 16) }
}
