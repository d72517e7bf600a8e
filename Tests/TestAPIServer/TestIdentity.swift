import NIOSSL

/// Certificates of an authority of a test's own, in a folder: `ca.crt`, `server.crt`, `server.key`, `client.crt`,
/// `client.key`.
package struct TestIdentity: Sendable {
    package let folder: String

    package var authority: String { "\(folder)/ca.crt" }

    /// - Parameter folder: one that `openssl` has made them in.
    package init(folder: String) { self.folder = folder }

    /// The commands that make them.
    ///
    /// - Parameter names: of the server, such as `IP:127.0.0.1,DNS:kubernetes`.
    package static func script(names: String) -> String {
        let key = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        return """
            set -e
            \(key) -subj /CN=test-authority -keyout ca.key -out ca.crt
            for name in server client; do
              openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /O=system:masters/CN=$name \
                -keyout $name.key -out $name.csr
            done
            printf 'subjectAltName=\(names)' >server.ext
            openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -days 2 -extfile server.ext -out server.crt
            openssl x509 -req -in client.csr -CA ca.crt -CAkey ca.key -days 2 -out client.crt
            """
    }

    func serverConfiguration() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile("\(folder)/server.crt").map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: "\(folder)/server.key", format: .pem)))
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }
}
