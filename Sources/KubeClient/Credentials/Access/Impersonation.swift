/// Somebody else whose rights the requests are to have (`kubectl --as`).
package struct Impersonation: Sendable, Hashable {
    /// One more property of that user, with its values.
    package struct Extra: Sendable, Hashable {
        package var key: String
        package var values: [String]

        package init(key: String, values: [String]) {
            self.key = key
            self.values = values
        }
    }

    package var user: String
    package var uid: String?
    package var groups: [String]
    package var extra: [Extra]

    package init(user: String, uid: String? = nil, groups: [String] = [], extra: [Extra] = []) {
        self.user = user
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }

    /// The headers of each request, in an order that is always the same.
    package var headers: [(name: String, value: String)] {
        var headers = [(name: "Impersonate-User", value: user)]
        if let uid { headers.append((name: "Impersonate-Uid", value: uid)) }
        headers += groups.map { (name: "Impersonate-Group", value: $0) }
        for property in extra {
            let name = "Impersonate-Extra-\(Self.headerName(property.key))"
            headers += property.values.map { (name: name, value: $0) }
        }
        return headers
    }

    /// True for a value that ends no header before its end.
    static func isHeaderValue(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7f) }
    }

    /// A key as part of a header's name: what is none of a token's characters (RFC 9110, 5.6.2) is percent-encoded, and so is
    /// `%`.
    private static func headerName(_ key: String) -> String { percentEncoded(key, keeping: "!#$&'*+-.^_`|~") }
}
