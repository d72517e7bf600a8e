/// An IPv6 address without a zone.
package struct IPv6Address: Sendable, Hashable, Comparable {
    /// The address as a number: `::1` is 1.
    package var value: UInt128

    package init(value: UInt128) { self.value = value }

    /// The link-local address of the interface with a MAC address, as the kernel derives it (RFC 4291, appendix A).
    package init(linkLocalOf mac: MACAddress) {
        let (vendor, device) = (UInt128(mac.value >> 24), UInt128(mac.value & 0xff_ffff))
        value = 0xfe80 << 112 | (vendor ^ 0x02_0000) << 40 | 0xfffe << 24 | device
    }

    /// Parses RFC 4291 text: eight groups, `::` once, and an embedded IPv4 address at the end.
    package init?(_ text: some StringProtocol) {
        var head: [UInt16] = []
        var tail: [UInt16] = []
        var compressed = false
        var rest = Array(text.utf8)[...]
        if rest.starts(with: [UInt8(ascii: ":"), UInt8(ascii: ":")]) {
            compressed = true
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
            let group = rest[..<end]
            if group.contains(UInt8(ascii: ".")) {
                guard end == rest.endIndex, let v4 = IPv4Address(String(decoding: group, as: UTF8.self)) else {
                    return nil
                }
                let words = [UInt16(v4.value >> 16), UInt16(truncatingIfNeeded: v4.value)]
                if compressed { tail += words } else { head += words }
                rest = []
                break
            }
            guard let word = Self.hexWord(group) else { return nil }
            if compressed { tail.append(word) } else { head.append(word) }
            guard head.count + tail.count <= 8 else { return nil }
            guard end != rest.endIndex else {
                rest = []
                break
            }
            rest = rest[(end + 1)...]
            if rest.first == UInt8(ascii: ":") {
                guard !compressed else { return nil }
                compressed = true
                rest = rest.dropFirst()
            } else if rest.isEmpty {
                return nil
            }
        }
        let count = head.count + tail.count
        guard compressed ? count <= 7 : count == 8 else { return nil }
        let words = head + Array(repeating: 0, count: 8 - count) + tail
        value = words.reduce(0) { $0 << 16 | UInt128($1) }
    }

    private static func hexWord(_ digits: ArraySlice<UInt8>) -> UInt16? {
        guard (1...4).contains(digits.count) else { return nil }
        var word: UInt16 = 0
        for digit in digits {
            guard let nibble = Character(UnicodeScalar(digit)).hexDigitValue else { return nil }
            word = word << 4 | UInt16(nibble)
        }
        return word
    }

    /// The eight 16-bit groups, most significant first.
    package var groups: [UInt16] { (0..<8).map { UInt16(truncatingIfNeeded: value >> (112 - 16 * $0)) } }

    /// The sixteen bytes in network order.
    package var bytes: [UInt8] { (0..<16).map { UInt8(truncatingIfNeeded: value >> (120 - 8 * $0)) } }

    package static func < (a: IPv6Address, b: IPv6Address) -> Bool { a.value < b.value }
}

extension IPv6Address: CustomStringConvertible {
    /// RFC 5952: lower case, the longest run of two or more zero groups compressed, the first of equal runs;
    /// IPv4-mapped addresses with their dotted part.
    package var description: String {
        let groups = self.groups
        if value >> 32 == 0xffff { return "::ffff:\(IPv4Address(value: UInt32(truncatingIfNeeded: value)))" }
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > best.count, end - start > 1 { best = start..<end }
            start = max(end, start + 1)
        }
        func hex(_ range: Range<Int>) -> String {
            var text = ""
            for index in range {
                if index > range.lowerBound { text += ":" }
                text += String(groups[index], radix: 16)
            }
            return text
        }
        return best.isEmpty ? hex(0..<8) : hex(0..<best.lowerBound) + "::" + hex(best.upperBound..<8)
    }
}
