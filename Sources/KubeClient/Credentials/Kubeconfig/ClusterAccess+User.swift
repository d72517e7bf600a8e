extension ClusterAccess {
    /// Takes what a kubeconfig says of a user; nil for a context that names none.
    mutating func take(user fields: ConfigFields?) throws(CredentialError) {
        if let fields {
            try Self.refuseRemoved(fields)
            impersonation = try Impersonation(fields)
            let certificate = try ClientCertificate(fields, &remarks)
            let credential = try Credential(fields, &remarks)
            // As with kubectl: who listens on the way must not learn them.
            if server.scheme == .https {
                (self.certificate, self.credential) = (certificate, credential)
            } else if certificate != nil || credential != .none {
                remarks.append("\(fields): nothing of it is sent, because \(server) has no TLS; use https")
            }
        }
        if isAnonymous, server.scheme == .https {
            remarks.append("\(origin): requests are anonymous; give the context a user with a token or a certificate")
        }
    }

    /// What there was in older clusters.
    private static func refuseRemoved(_ fields: ConfigFields) throws(CredentialError) {
        for key in ["username", "password"] where try fields.text(key) != nil {
            throw fields.failure(
                key, "API servers take no passwords since Kubernetes 1.19; use a token or a client certificate")
        }
        if let provider = try fields.mapping("auth-provider") {
            let name = try provider.text("name") ?? "this provider"
            throw fields.failure(
                "auth-provider", "\(name) is not built in, as most are gone since Kubernetes 1.26; use exec")
        }
    }
}

extension ClientCertificate {
    fileprivate init?(_ fields: ConfigFields, _ remarks: inout [String]) throws(CredentialError) {
        let chain = try Material(fields, "client-certificate", &remarks)
        let key = try Material(fields, "client-key", &remarks)
        guard let chain else {
            guard key == nil else {
                throw fields.failure("client-certificate", "is missing beside client-key; add it, or remove that")
            }
            return nil
        }
        guard let key else {
            throw fields.failure("client-key", "is missing beside client-certificate; add it, or remove that")
        }
        self.init(chain: chain, key: key)
    }
}

extension Material {
    /// Data counts more than a file.
    fileprivate init?(_ fields: ConfigFields, _ key: String, _ remarks: inout [String]) throws(CredentialError) {
        let file = try fields.filePath(key)
        if let data = try fields.bytes("\(key)-data") {
            if file != nil { remarks.append("\(fields): \(key)-data counts, not \(key)") }
            self = .data(data)
        } else if let file {
            self = .file(file)
        } else {
            return nil
        }
    }
}

extension Credential {
    /// A file counts more than a token, which would grow old, and a token more than a plugin.
    fileprivate init(_ fields: ConfigFields, _ remarks: inout [String]) throws(CredentialError) {
        let token = try fields.text("token")
        if let token, !Self.isToken(Array(token.utf8)) {
            throw fields.failure("token", "the text has characters that no bearer token has; write it alone")
        }
        let file = try fields.filePath("tokenFile")
        let plugin = try fields.mapping("exec").map { exec throws(CredentialError) in try ExecPlugin(exec) }
        if file != nil, token != nil { remarks.append("\(fields): tokenFile counts, not token") }
        if plugin != nil, file != nil || token != nil {
            remarks.append("\(fields): \(file != nil ? "tokenFile" : "token") counts, not exec")
        }
        if let file {
            self = .tokenFile(file)
        } else if let token {
            self = .token(token)
        } else {
            self = plugin.map(Credential.exec) ?? .none
        }
    }
}

extension Impersonation {
    fileprivate init?(_ fields: ConfigFields) throws(CredentialError) {
        let uid = try fields.text("as-uid")
        let groups = try fields.texts("as-groups")
        var extra: [Extra] = []
        if let properties = try fields.mapping("as-user-extra") {
            for key in properties.keys { extra.append(Extra(key: key, values: try properties.texts(key))) }
        }
        guard let user = try fields.text("as") else {
            guard uid == nil, groups.isEmpty, extra.isEmpty else {
                throw fields.failure("as", "is missing beside as-uid, as-groups or as-user-extra; name the user")
            }
            return nil
        }
        self.init(user: user, uid: uid, groups: groups, extra: extra)
        for (name, value) in headers where !Self.isHeaderValue(value) {
            throw fields.failure("as", "a control character cannot be sent in the header \(name); remove it")
        }
    }
}
