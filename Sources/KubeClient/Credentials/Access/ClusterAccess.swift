package import JSON

/// All that a client needs to know to speak to an API server.
package struct ClusterAccess: Sendable, Hashable, SecretHolder {
    /// Whose signature makes a server's certificate a good one.
    package enum Authority: Sendable, Hashable {
        /// Whom the machine trusts.
        case system
        case file(String)
        case data([UInt8])
    }

    package var server: ServerURL
    package var authority: Authority
    /// True where any certificate will do, whoever signed it and whatever name is in it.
    package var isInsecure: Bool
    /// The name that the certificate must have, and that the handshake asks for; nil for the URL's host.
    package var serverName: String?
    package var proxy: ProxyURL?
    /// True where answers are to come uncompressed.
    package var disablesCompression: Bool
    /// May be there beside a token; with a plugin that gives one too, this one counts.
    package var certificate: ClientCertificate?
    package var credential: Credential
    package var impersonation: Impersonation?
    /// What the cluster has for plugins to know, which only they understand.
    package var pluginConfiguration: JSONValue?
    /// Of the context or of the service account; nil where none is named.
    package var namespace: String?
    /// Where all this comes from, such as `context a, cluster b, user c of admin.conf`.
    package var origin: String
    /// What whoever wrote it should know: one sentence each, without a secret.
    package var remarks: [String]

    init(server: ServerURL, origin: String) {
        self.server = server
        self.origin = origin
        authority = .system
        isInsecure = false
        disablesCompression = false
        credential = .none
        remarks = []
    }

    /// The way to a server of which nothing but the URL is known (`--master`).
    package init(master text: String) throws(CredentialError) {
        do throws(URLParts.Failure) {
            self.init(server: try ServerURL(text), origin: "--master")
        } catch {
            throw CredentialError("--master: the URL cannot be used, because \(error.reason); write https://HOST:PORT")
        }
    }

    /// What the server's certificate is to be for; see `CertificateNames`.
    package var nameInCertificate: String { serverName ?? server.host }

    /// True where nothing tells the server who is asking.
    package var isAnonymous: Bool { certificate == nil && credential == .none }

    package var description: String { "\(server) (\(origin))" }
}

extension ClusterAccess.Authority {
    /// Where the certificates are; nil for those that the machine trusts.
    var material: Material? {
        switch self {
        case .system: nil
        case .file(let path): .file(path)
        case .data(let bytes): .data(bytes)
        }
    }

    /// The certificates in PEM, a file's as they are now; nil for those that the machine trusts.
    package func bytes(reading read: ReadFile = CredentialFile.read) throws(CredentialError) -> [UInt8]? {
        try material?.bytes(reading: read)
    }
}

extension ClusterAccess.Authority: CustomStringConvertible {
    package var description: String { material?.description ?? "the machine's authorities" }
}
