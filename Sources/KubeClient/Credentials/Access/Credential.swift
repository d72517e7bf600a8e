/// What a client shows of itself in each request, beside its certificate.
package enum Credential: Sendable, Hashable, SecretHolder {
    case none
    case token(String)
    case tokenFile(String)
    /// A program that is asked for a token, a certificate or both.
    case exec(ExecPlugin)

    package var description: String {
        switch self {
        case .none: "no token"
        case .token: "a token"
        case .tokenFile(let path): "the token in \(path)"
        case .exec(let plugin): "\(plugin)"
        }
    }

    /// The token to send now; nil where there is none, or a program is to be asked for it.
    ///
    /// - Throws: where the file gives no token. An empty one is an error: a request with it would be an anonymous one.
    package func token(reading read: ReadFile = CredentialFile.read) throws(CredentialError) -> String? {
        switch self {
        case .none, .exec: return nil
        case .token(let token): return token
        case .tokenFile(let path):
            let content = try CredentialFile.content(of: path, "a bearer token is needed there", read)
            let head = content.drop { $0.isWhiteSpace }
            let token = head[..<(head.lastIndex { !$0.isWhiteSpace }.map { $0 + 1 } ?? head.startIndex)]
            guard Self.isToken(token) else {
                throw CredentialError("\(path): this is not one bearer token; only that may stand in the file")
            }
            return String(decoding: token, as: UTF8.self)
        }
    }

    /// True for what can stand behind `Bearer` in a header: visible ASCII.
    static func isToken(_ text: some Collection<UInt8>) -> Bool {
        !text.isEmpty && text.allSatisfy { (0x21...0x7e).contains($0) }
    }
}
