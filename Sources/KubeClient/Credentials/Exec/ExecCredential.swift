import KubeModel

/// What a plugin answered.
package struct ExecCredential: Sendable, Hashable, SecretHolder {
    package var token: String?
    package var certificate: ClientCertificate?
    /// Seconds since 1970 at which the credential ends; nil where it holds until the server refuses it.
    package var expiry: Int64?

    package var description: String {
        let parts = [token == nil ? nil : "a token", certificate == nil ? nil : "a certificate"].compactMap(\.self)
        return parts.joined(separator: " and ")
    }

    /// Reads the standard output of a plugin.
    package init(output: [UInt8], of plugin: ExecPlugin) throws(CredentialError) {
        let origin = "the answer of \(plugin)"
        guard let value = try ConfigDocument.value(output, of: origin) else {
            throw CredentialError("\(origin) is empty; run \(plugin.command) by hand to see what it says")
        }
        let fields = try ConfigFields(value, of: origin)
        let (kind, version) = (try fields.text("kind"), try fields.text("apiVersion"))
        guard kind ?? "ExecCredential" == "ExecCredential" else {
            throw fields.failure("kind", "it is not ExecCredential; name another command")
        }
        guard version == plugin.version.rawValue else {
            let found = version.map { "\"\($0)\"" } ?? "missing"
            throw fields.failure(
                "apiVersion", "is \(found), but the kubeconfig says \(plugin.version.rawValue); write the same there")
        }
        guard let status = try fields.mapping("status") else {
            throw fields.failure("status", "is missing; run \(plugin.command) by hand to see what it says")
        }
        token = try status.text("token")
        certificate = try ClientCertificate(status)
        expiry = try status.expiry()
        guard token != nil || certificate != nil else {
            throw fields.failure("status", "has neither a token nor a certificate; log in to \(plugin.command) again")
        }
        if let token, !Credential.isToken(Array(token.utf8)) {
            throw status.failure("token", "the text has characters that no bearer token has; update the plugin")
        }
    }
}

extension ClientCertificate {
    /// A plugin writes PEM as it is.
    fileprivate init?(_ status: ConfigFields) throws(CredentialError) {
        switch (try status.text("clientCertificateData"), try status.text("clientKeyData")) {
        case (nil, nil): return nil
        case (_, nil): throw status.failure("clientKeyData", "is missing beside the certificate; update the plugin")
        case (nil, _): throw status.failure("clientCertificateData", "is missing beside the key; update the plugin")
        case (let chain?, let key?): self.init(chain: .data(Array(chain.utf8)), key: .data(Array(key.utf8)))
        }
    }
}

extension ConfigFields {
    fileprivate func expiry() throws(CredentialError) -> Int64? {
        guard let text = try text("expirationTimestamp") else { return nil }
        guard let time = secondsSince1970(rfc3339: text) else {
            throw failure("expirationTimestamp", "is not a time like 2026-01-31T12:00:00Z; update the plugin")
        }
        return time
    }
}
