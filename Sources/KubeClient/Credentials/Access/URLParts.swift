import NetworkTypes

/// A URL's parts before its query, of which a server's and a proxy's have none.
struct URLParts {
    /// Why a text is no such URL; it may have a password in it, so none of it is shown.
    struct Failure: Error { let reason: String }

    /// In lower case; nil where none stands there.
    var scheme: String?
    /// What stands before `@`.
    var login: String?
    /// A name or an address, without brackets.
    var host: String
    var port: UInt16?
    /// Empty, or from the first slash on.
    var path: String

    init(_ text: String) throws(Failure) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw Failure(reason: "it has spaces or characters that a URL has not")
        }
        guard !text.contains(where: { "?#\\".contains($0) }) else {
            throw Failure(reason: "it has a query or a fragment")
        }
        var rest = text[...]
        if let mark = rest.firstRange(of: "://") {
            scheme = rest[..<mark.lowerBound].lowercased()
            rest = rest[mark.upperBound...]
        }
        path = String(rest[(rest.firstIndex(of: "/") ?? rest.endIndex)...])
        rest = rest.prefix { $0 != "/" }
        if let at = rest.lastIndex(of: "@") {
            login = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        (host, port) = try Self.hostAndPort(rest)
    }

    private static func hostAndPort(_ text: Substring) throws(Failure) -> (String, UInt16?) {
        let host: Substring
        let rest: Substring
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]"), IPv6Address(text[..<end].dropFirst()) != nil else {
                throw Failure(reason: "what stands in brackets is not an IPv6 address")
            }
            host = text[..<end].dropFirst()
            rest = text[end...].dropFirst()
        } else {
            host = text.prefix { $0 != ":" }
            rest = text[host.endIndex...]
            guard !rest.dropFirst().contains(":") else {
                throw Failure(reason: "an IPv6 address must stand in brackets")
            }
            guard isHost(host) else { throw Failure(reason: "its host is not a name or an address") }
        }
        guard !rest.isEmpty else { return (String(host), nil) }
        guard rest.first == ":", rest.dropFirst().allSatisfy(\.isNumber), let port = UInt16(rest.dropFirst()), port > 0
        else { throw Failure(reason: "its port is not a number from 1 to 65535") }
        return (String(host), port)
    }

    /// True for letters, digits, `-`, `_` and the dots between them.
    private static func isHost(_ text: Substring) -> Bool {
        let name = text.hasSuffix(".") ? text.dropLast() : text
        return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
        }
    }
}
