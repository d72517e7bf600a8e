import NetworkTypes

/// The service account of the pod that the program runs in.
package struct ServiceAccount: Sendable {
    private static let addressVariable = "KUBERNETES_SERVICE_HOST"
    private static let portVariable = "KUBERNETES_SERVICE_PORT"
    private static let cure = "name the source with --kubeconfig FILE or --manifests DIR"

    private let environment: [String: String]
    private let folder: String

    /// - Parameter folder: where the kubelet puts the account's files.
    package init(
        environment: [String: String], folder: String = "/var/run/secrets/kubernetes.io/serviceaccount"
    ) {
        self.environment = environment
        self.folder = folder
    }

    /// True in a pod, whether it has a token or not.
    package var isInCluster: Bool { value(Self.addressVariable) != nil && value(Self.portVariable) != nil }

    /// The way to the pod's own API server.
    ///
    /// - Throws: outside a pod, and where the account has no token or no authority; then no request would be a good one.
    package func access(reading read: ReadFile = CredentialFile.read) throws(CredentialError) -> ClusterAccess {
        var access = ClusterAccess(server: try server(), origin: "the service account in \(folder)")
        let pod = "let the pod have a token (automountServiceAccountToken), or \(Self.cure)"
        _ = try CredentialFile.content(of: "\(folder)/token", pod, read)
        _ = try CredentialFile.content(of: "\(folder)/ca.crt", pod, read)
        access.authority = .file("\(folder)/ca.crt")
        access.credential = .tokenFile("\(folder)/token")
        _ = try access.credential.token(reading: read)
        // Nobody needs it.
        if let namespace = try? read("\(folder)/namespace") {
            let text = String(decoding: namespace.filter { !$0.isWhiteSpace }, as: UTF8.self)
            access.namespace = text.isEmpty ? nil : text
        }
        return access
    }

    private func server() throws(CredentialError) -> ServerURL {
        guard let host = value(Self.addressVariable), let digits = value(Self.portVariable) else {
            throw CredentialError(
                "\(Self.addressVariable) and \(Self.portVariable) are not set: this is no pod; \(Self.cure)")
        }
        guard let port = UInt16(digits), port > 0 else {
            throw CredentialError("\(Self.portVariable): \"\(digits)\" is not a port (1 to 65535); \(Self.cure)")
        }
        do throws(URLParts.Failure) {
            let parts = try URLParts(IPv6Address(host) == nil ? host : "[\(host)]")
            guard parts.scheme == nil, parts.login == nil, parts.port == nil, parts.path.isEmpty else {
                throw URLParts.Failure(reason: "it is more than that")
            }
            return ServerURL(https: parts.host, port: port)
        } catch {
            throw CredentialError("\(Self.addressVariable): \"\(host)\" is not a name or an address; \(Self.cure)")
        }
    }

    private func value(_ variable: String) -> String? {
        guard let value = environment[variable], !value.isEmpty else { return nil }
        return value
    }
}
