/// A proxy on the way to the API server (`proxy-url`).
package struct ProxyURL: Sendable, Hashable, SecretHolder {
    package enum Scheme: String, Sendable, Hashable { case http, https, socks5 }

    /// What the proxy wants to know of its user.
    package struct Login: Sendable, Hashable, SecretHolder {
        package var user: String
        package var password: String

        package var description: String { "the login of \(user)" }
    }

    package let scheme: Scheme
    package let host: String
    package let port: UInt16
    package let login: Login?
    /// As it was written: with the password.
    let text: String

    init(_ text: String) throws(URLParts.Failure) {
        let parts = try URLParts(text)
        guard let scheme = parts.scheme.flatMap(Scheme.init) else {
            throw URLParts.Failure(reason: "its scheme is none of http, https, socks5")
        }
        guard parts.path.isEmpty || parts.path == "/" else { throw URLParts.Failure(reason: "it has a path") }
        self.scheme = scheme
        self.text = text
        host = parts.host
        port = parts.port ?? scheme.usualPort
        login = try parts.login.map(Login.init)
    }

    package var description: String { "\(scheme)://\(ServerURL.written(host)):\(port)" }
}

extension ProxyURL.Scheme {
    fileprivate var usualPort: UInt16 {
        switch self {
        case .http: 80
        case .https: 443
        case .socks5: 1080
        }
    }
}

extension ProxyURL.Login {
    /// - Parameter text: `USER[:PASSWORD]`, percent-encoded.
    fileprivate init(_ text: String) throws(URLParts.Failure) {
        let user = text.prefix { $0 != ":" }
        guard let name = Self.decoded(user), let password = Self.decoded(text[user.endIndex...].dropFirst()) else {
            throw URLParts.Failure(reason: "its user or password is not percent-encoded UTF-8")
        }
        self.init(user: name, password: password)
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
