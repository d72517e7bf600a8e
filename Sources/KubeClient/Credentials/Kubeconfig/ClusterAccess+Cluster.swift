extension ClusterAccess {
    /// What a kubeconfig says of a cluster.
    init(cluster fields: ConfigFields, origin: String) throws(CredentialError) {
        guard let text = try fields.text("server") else {
            throw fields.failure("server", "is missing; write https://HOST:PORT")
        }
        do throws(URLParts.Failure) {
            self.init(server: try ServerURL(text), origin: origin)
        } catch {
            throw fields.failure("server", "the URL cannot be used, because \(error.reason); write https://HOST:PORT")
        }
        if let text = try fields.text("proxy-url") {
            do throws(URLParts.Failure) {
                proxy = try ProxyURL(text)
            } catch {
                throw fields.failure(
                    "proxy-url", "the URL cannot be used, because \(error.reason); write http://HOST:PORT")
            }
        }
        for entry in try fields.list("extensions") where try entry.text("name") == "client.authentication.k8s.io/exec" {
            pluginConfiguration = entry.value("extension")
        }
        disablesCompression = try fields.flag("disable-compression")
        // Without TLS there is nothing to check.
        guard server.scheme == .https else { return }
        serverName = try fields.text("tls-server-name")
        isInsecure = try fields.flag("insecure-skip-tls-verify")
        let file = try fields.filePath("certificate-authority")
        if let data = try fields.bytes("certificate-authority-data") {
            authority = .data(data)
            if file != nil { remarks.append("\(fields): certificate-authority-data counts, not certificate-authority") }
        } else if let file {
            authority = .file(file)
        }
        if isInsecure {
            guard authority == .system else {
                throw fields.failure(
                    "insecure-skip-tls-verify", "cannot be true beside a certificate-authority; remove one of the two")
            }
            remarks.append("\(fields): insecure-skip-tls-verify: whoever answers at \(server) is trusted")
        }
    }
}
