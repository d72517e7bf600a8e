/// A certificate chain or a key in PEM: in a file, or written out where the file would be named.
package enum Material: Sendable, Hashable, SecretHolder {
    case file(String)
    case data([UInt8])

    package var description: String {
        switch self {
        case .file(let path): path
        case .data(let bytes): "data of \(bytes.count) bytes"
        }
    }

    /// What there is now: a file is read anew, because certificates are replaced before they expire.
    ///
    /// - Throws: where the file cannot be read or is empty.
    package func bytes(reading read: ReadFile = CredentialFile.read) throws(CredentialError) -> [UInt8] {
        switch self {
        case .file(let path): try CredentialFile.content(of: path, "a file in PEM is needed there", read)
        case .data(let bytes): bytes
        }
    }
}

/// What a client shows of itself in the TLS handshake.
package struct ClientCertificate: Sendable, Hashable {
    package var chain: Material
    package var key: Material

    package init(chain: Material, key: Material) {
        self.chain = chain
        self.key = key
    }
}
