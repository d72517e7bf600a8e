package import NetworkTypes

/// Where an API server is.
package struct ServerURL: Sendable, Hashable {
    package enum Scheme: String, Sendable, Hashable { case https, http }

    package let scheme: Scheme
    /// A name or an address, without brackets.
    package let host: String
    package let port: UInt16
    /// What every request's path begins with: empty, or `/a/b` without a slash at its end.
    package let pathPrefix: String

    /// - Parameter text: `https://HOST[:PORT][/PREFIX]`, the same with `http`, or without a scheme, which means `https`.
    init(_ text: String) throws(URLParts.Failure) {
        let parts = try URLParts(text)
        guard let scheme = Scheme(rawValue: parts.scheme ?? "https") else {
            throw URLParts.Failure(reason: "its scheme is neither https nor http")
        }
        guard parts.login == nil else {
            throw URLParts.Failure(reason: "it names a user, and API servers take no passwords")
        }
        self.scheme = scheme
        host = parts.host
        port = parts.port ?? (scheme == .https ? 443 : 80)
        pathPrefix = String(parts.path.trimmingSlashes)
    }

    /// A host as URLs have it, an IPv6 address in brackets.
    static func written(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

    init(https host: String, port: UInt16) {
        scheme = .https
        self.host = host
        self.port = port
        pathPrefix = ""
    }

    /// The address; nil where the host is a name.
    package var address: IPAddress? { IPAddress(host) }

    /// True where requests do not leave the machine.
    package var isLoopback: Bool { address?.isLoopback ?? (host.lowercased() == "localhost") }
}

extension ServerURL: CustomStringConvertible {
    /// The URL, with the port where it is not the scheme's own.
    package var description: String {
        let name = Self.written(host)
        let isUsual = port == (scheme == .https ? 443 : 80)
        return "\(scheme)://\(name)\(isUsual ? "" : ":\(port)")\(pathPrefix)"
    }
}

extension String {
    fileprivate var trimmingSlashes: Substring {
        var text = self[...]
        while text.last == "/" { text.removeLast() }
        return text
    }
}
