import NIOSSL

extension TLSConfiguration {
    /// What is there now: files are read anew, so that what replaced them counts from the next connection on.
    ///
    /// - Throws: where a file cannot be read or holds nothing of the kind; the error names it.
    init(_ access: ClusterAccess, plugin: ExecCredential?) throws {
        self = .makeClientConfiguration()
        minimumTLSVersion = .tlsv12
        // The name is checked by `PeerName`: what is compared here is the peer's address, which a proxy's is not.
        certificateVerification = access.isInsecure ? .none : .noHostnameVerification
        trustRoots =
            try access.authority.material.map { .certificates(try Self.certificates($0, "certificate authority")) }
            ?? .default
        guard let certificate = access.certificate ?? plugin?.certificate else { return }
        certificateChain = try Self.certificates(certificate.chain, "client certificate").map { .certificate($0) }
        do {
            privateKey = .privateKey(try NIOSSLPrivateKey(bytes: certificate.key.bytes(), format: .pem))
        } catch let error as NIOSSLError {
            throw CredentialError(
                "\(certificate.key): this is no private key in PEM (\(error)); a client key is needed")
        }
    }

    private static func certificates(_ material: Material, _ what: String) throws -> [NIOSSLCertificate] {
        let bytes = try material.bytes()
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw CredentialError("\(material): there is no certificate in PEM in it; a \(what) is needed there")
        }
        return certificates
    }
}
