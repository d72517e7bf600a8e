import NIOCore
import NIOSSL
import NetworkTypes

/// Whether the server's certificate is for the name or the address that was asked for, as strictly as kubectl has it, and behind a
/// proxy too.
enum PeerName {
    /// - Throws: where it is not.
    static func check(_ channel: any Channel, isFor host: String) throws {
        // Nobody else closes a connection that is not taken.
        var isGood = false
        defer { if !isGood { channel.close(promise: nil) } }
        let handler = try channel.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
        guard let certificate = handler.peerCertificate else {
            throw CredentialError("the API server shows no certificate")
        }
        let names = CertificateNames(certificate)
        guard names.include(host) else {
            throw CredentialError(
                "the API server's certificate is for \(names.words), not for \(host): check the server's URL, or name one of them with tls-server-name"
            )
        }
        isGood = true
    }
}

extension CertificateNames {
    init(_ certificate: NIOSSLCertificate) {
        self.init(names: [], addresses: [])
        for name in certificate._subjectAlternativeNames() {
            // The bytes are copied within the call; NIOSSL has no other way to them.
            let bytes = unsafe name.contents.withUnsafeBufferPointer { unsafe Array($0) }
            switch name.nameType {
            case .dnsName: names.append(String(decoding: bytes, as: UTF8.self))
            case .ipAddress: addresses.append(bytes)
            default: break
            }
        }
    }
}

extension CertificateNames {
    /// For an error.
    fileprivate var words: String {
        let all = names + addresses.compactMap { IPAddress(bytes: $0).map { "\($0)" } }
        return all.isEmpty ? "no name at all" : all.prefix(10).joined(separator: ", ")
    }
}
