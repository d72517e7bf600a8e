/// True for a DNS label as RFC 1123 and Kubernetes have it: `a` to `z`, `0` to `9` and inner `-`, 1 to 63 bytes.
func isDNSLabel(_ text: some StringProtocol) -> Bool { text.utf8.count <= 63 && isLabelOfAnyLength(text) }

/// True for labels joined by dots, at most 253 bytes together: the names that Kubernetes gives objects.
package func isDNSSubdomain(_ text: String) -> Bool {
    guard text.utf8.count <= 253 else { return false }
    let dot = UInt8(ascii: ".")
    let hyphen = UInt8(ascii: "-")
    var last = dot
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): break
        case hyphen where last != dot: break
        case dot where last != dot && last != hyphen: break
        default: return false
        }
        last = byte
    }
    return last != dot && last != hyphen
}

private func isLabelOfAnyLength(_ text: some StringProtocol) -> Bool {
    let hyphen = UInt8(ascii: "-")
    var last = hyphen
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): break
        case hyphen where last != hyphen || text.utf8.first != hyphen: break
        default: return false
        }
        last = byte
    }
    return last != hyphen && text.utf8.first != hyphen
}
