package import NetworkTypes

/// The words of one part of a key or of data, as they travel; parts are put together with `+`.
extension [UInt32] {
    /// Bytes, padded with zeros to whole words.
    package static func bytes(_ bytes: [UInt8]) -> [UInt32] {
        Swift.stride(from: 0, to: bytes.count, by: 4).map { start in
            bytes[start..<Swift.min(start + 4, bytes.count)].enumerated().reduce(0) { word, byte in
                word | UInt32(byte.element) << UInt32(8 * byte.offset)
            }
        }
    }

    package static func address(_ address: IPAddress) -> [UInt32] { bytes(address.bytes) }

    /// The number of a transport protocol, as `meta l4proto` loads it.
    package static func proto(_ proto: TransportProtocol) -> [UInt32] { [UInt32(proto.number)] }

    package static func port(_ port: UInt16) -> [UInt32] { [(UInt32(port) << 16).bigEndian] }

    package static func ether(_ address: MACAddress) -> [UInt32] { bytes(address.bytes) }

    /// An interface's name, padded to `IFNAMSIZ`; what is longer is cut.
    package static func interface(_ name: String) -> [UInt32] {
        let text = name.utf8.prefix(15)
        return bytes(text + [UInt8](repeating: 0, count: 16 - text.count))
    }
}

extension ArraySlice<UInt32> {
    /// The bytes that these words travel as.
    package var bytes: [UInt8] {
        flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }
}
