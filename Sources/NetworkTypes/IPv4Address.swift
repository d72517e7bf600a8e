/// An IPv4 address.
package struct IPv4Address: Sendable, Hashable, Comparable {
    /// The address as a number: `10.0.0.1` is `0x0a00_0001`.
    package var value: UInt32

    package init(value: UInt32) { self.value = value }

    package init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
        value = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
    }

    /// Parses dotted decimal with exactly four parts.
    ///
    /// Leading zeros are accepted and read as decimal, as Kubernetes' ParseIPSloppy does: old objects hold them.
    package init?(_ text: some StringProtocol) {
        var value: UInt32 = 0
        var part: UInt32 = 0
        var digits = 0
        var parts = 1
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                part = part * 10 + UInt32(byte - UInt8(ascii: "0"))
                digits += 1
                guard part <= 255, digits <= 8 else { return nil }
            case UInt8(ascii: "."):
                guard digits > 0, parts < 4 else { return nil }
                value = value << 8 | part
                part = 0
                digits = 0
                parts += 1
            default:
                return nil
            }
        }
        guard parts == 4, digits > 0 else { return nil }
        self.value = value << 8 | part
    }

    /// The four bytes in network order.
    package var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }

    package static func < (a: IPv4Address, b: IPv4Address) -> Bool { a.value < b.value }
}

extension IPv4Address: CustomStringConvertible {
    package var description: String {
        "\(value >> 24).\(value >> 16 & 0xff).\(value >> 8 & 0xff).\(value & 0xff)"
    }
}
