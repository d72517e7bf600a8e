/// A 48-bit Ethernet address.
package struct MACAddress: Sendable, Hashable {
    /// The address in the low 48 bits, first byte most significant.
    package let value: UInt64

    package init(value: UInt64) { self.value = value & 0xffff_ffff_ffff }

    /// Parses six pairs of hex digits with colons or dashes between them, such as `0a:58:0a:f4:00:05`, or three groups of four
    /// with dots: what people write, and Go's `net.ParseMAC` takes.
    package init?(_ text: some StringProtocol) {
        let (separator, digits): (Character, Int) =
            text.contains(":") ? (":", 2) : text.contains("-") ? ("-", 2) : (".", 4)
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.count == 12 / digits else { return nil }
        var value: UInt64 = 0
        for part in parts {
            guard part.utf8.count == digits, part.allSatisfy(\.isHexDigit), let number = UInt64(part, radix: 16) else {
                return nil
            }
            value = value << (4 * UInt64(digits)) | number
        }
        self.value = value
    }

    /// Reads an address from six bytes; nil for any other count.
    package init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count == 6 else { return nil }
        var value: UInt64 = 0
        for byte in bytes { value = value << 8 | UInt64(byte) }
        self.value = value
    }

    package var bytes: [UInt8] { (0..<6).map { UInt8(truncatingIfNeeded: value >> (40 - 8 * $0)) } }
}

extension MACAddress: CustomStringConvertible {
    package var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}
