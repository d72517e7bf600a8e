import NetworkTypes

/// The names that a certificate is for, compared as Go's crypto/x509 does it, so that what kubectl refuses is refused.
///
/// Only subject alternative names count, never the common name. An address must be there as an address, a name as a name.
package struct CertificateNames: Sendable, Hashable {
    /// The dNSName entries.
    package var names: [String]
    /// The iPAddress entries: 4 or 16 bytes each.
    package var addresses: [[UInt8]]

    package init(names: [String], addresses: [[UInt8]]) {
        self.names = names
        self.addresses = addresses
    }

    /// Whether the certificate is for a host.
    ///
    /// - Parameter host: a name or an address, the latter with or without brackets.
    package func include(_ host: String) -> Bool {
        // An address with a zone is neither.
        guard !host.utf8.contains(UInt8(ascii: "%")) else { return false }
        if let address = Self.address(host) { return addresses.contains(address.bytes) }
        let wanted = Self.lowercased(host)
        let name = wanted.last == UInt8(ascii: ".") ? wanted.dropLast() : wanted[...]
        let isName = Self.isName(name, allowsWildcard: false)
        return names.contains { pattern in
            let pattern = Self.lowercased(pattern)
            guard isName, Self.isName(pattern[...], allowsWildcard: true) else {
                // What is no name of a host may still be the very same text.
                return !pattern.isEmpty && pattern != [UInt8(ascii: ".")] && pattern == wanted
            }
            return Self.matches(pattern[...], name)
        }
    }

    /// A star is one label, whichever that is, and only the first of a pattern.
    private static func matches(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        guard pattern.starts(with: [UInt8(ascii: "*"), UInt8(ascii: ".")]) else { return pattern == name }
        return pattern.dropFirst() == name.drop { $0 != UInt8(ascii: ".") }
    }

    /// True for labels joined by dots, of letters, digits, `_` and `-`, the last not at a label's beginning.
    private static func isName(_ text: ArraySlice<UInt8>, allowsWildcard: Bool) -> Bool {
        let labels = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        for (index, label) in labels.enumerated() {
            // A star alone would be any host without a domain.
            if allowsWildcard, index == 0, labels.count > 1, label.elementsEqual([UInt8(ascii: "*")]) { continue }
            guard let first = label.first, first != UInt8(ascii: "-"), label.allSatisfy(isOfName) else { return false }
        }
        return true
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// The address that a host is; nil for a name.
    private static func address(_ host: String) -> IPAddress? {
        let isBracketed = host.utf8.count >= 3 && host.hasPrefix("[") && host.hasSuffix("]")
        let text = isBracketed ? String(host.dropFirst().dropLast()) : host
        guard let address = IPAddress(text) else { return nil }
        // With leading zeros it is a name to Go, and an address to us elsewhere.
        return address.family == .ipv4 && address.description != text ? nil : address
    }

    /// The bytes with ASCII letters in lower case: no other letters are alike.
    private static func lowercased(_ text: String) -> [UInt8] {
        text.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }
}
