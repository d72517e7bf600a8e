import KubeClient
import Testing

@Suite struct UserCredentialTests {
    private let exec = "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./p, interactiveMode: Never}"

    private func access(user: String, server: String = "https://api.example") throws -> ClusterAccess {
        let text = KubeconfigTexts.small(cluster: "server: '\(server)'", user: user)
        return try Kubeconfig(file: "/k/c", reading: FakeFiles(["/k/c": text]).read).access()
    }

    @Test("A token's file counts more than a token, a token more than a plugin, and that is remarked")
    func precedence() throws {
        let all = try access(user: "token: t, tokenFile: f, \(exec)")
        #expect(all.credential == .tokenFile("/k/f"))
        #expect(
            all.remarks == [
                "/k/c: users[0].user: tokenFile counts, not token", "/k/c: users[0].user: tokenFile counts, not exec",
            ])
        let token = try access(user: "token: t, \(exec)")
        #expect(token.credential == .token("t"))
        #expect(token.remarks == ["/k/c: users[0].user: token counts, not exec"])
        guard case .exec(let plugin) = try access(user: exec).credential else {
            Issue.record("no plugin")
            return
        }
        #expect(plugin.command == "/k/./p")
    }

    @Test("Data counts more than a file, of the client and of the authority, and that is remarked")
    func data() throws {
        let user = "client-certificate: c, client-certificate-data: Q0VSVA==, client-key: k, client-key-data: S0VZ"
        let access = try access(user: user)
        #expect(
            access.certificate == ClientCertificate(chain: .data(Array("CERT".utf8)), key: .data(Array("KEY".utf8))))
        #expect(
            access.remarks == [
                "/k/c: users[0].user: client-certificate-data counts, not client-certificate",
                "/k/c: users[0].user: client-key-data counts, not client-key",
            ])
        let text = KubeconfigTexts.small(
            cluster: "server: 'https://a', certificate-authority: f, certificate-authority-data: Q0E=")
        let cluster = try Kubeconfig(file: "/k/c", reading: FakeFiles(["/k/c": text]).read).access()
        #expect(cluster.authority == .data(Array("CA".utf8)))
        #expect(
            cluster.remarks == [
                "/k/c: clusters[0].cluster: certificate-authority-data counts, not certificate-authority"
            ])
    }

    @Test("A certificate and a token may both be there")
    func both() throws {
        let access = try access(user: "token: t, client-certificate: c, client-key: k")
        #expect(access.credential == .token("t"))
        #expect(access.certificate == ClientCertificate(chain: .file("/k/c"), key: .file("/k/k")))
        #expect(access.remarks.isEmpty)
    }

    @Test("Without TLS nothing secret is sent, as with kubectl, and that is remarked")
    func plainHTTP() throws {
        for user in ["token: t", "client-certificate: c, client-key: k", exec, "tokenFile: f"] {
            let access = try access(user: "as: somebody, \(user)", server: "http://127.0.0.1:8001")
            #expect(access.isAnonymous && access.impersonation?.user == "somebody")
            #expect(
                access.remarks == [
                    "/k/c: users[0].user: nothing of it is sent, because http://127.0.0.1:8001 has no TLS; use https"
                ])
        }
        #expect(try access(user: "", server: "http://localhost:8080").remarks.isEmpty)
    }

    @Test("Whoever checks no certificate, or tells nobody's name, is told so")
    func remarks() throws {
        #expect(
            try access(user: "").remarks == [
                "context c, cluster k, user u of /k/c: requests are anonymous; give the context a user with a token or a certificate"
            ])
        let text = KubeconfigTexts.small(cluster: "server: 'https://a', insecure-skip-tls-verify: true")
        let access = try Kubeconfig(file: "/k/c", reading: FakeFiles(["/k/c": text]).read).access()
        #expect(access.isInsecure)
        #expect(
            access.remarks == [
                "/k/c: clusters[0].cluster: insecure-skip-tls-verify: whoever answers at https://a is trusted"
            ])
    }

    @Test("Whom requests are made for stands in their headers, with keys percent-encoded")
    func impersonation() throws {
        let user =
            "token: t, as: jane, as-uid: u1, as-groups: [a, b], as-user-extra: {scope: [x, w], 'acme.com/p%é': [z]}"
        let impersonation = try access(user: user).impersonation
        #expect(
            impersonation?.headers.map { "\($0.name): \($0.value)" } == [
                "Impersonate-User: jane", "Impersonate-Uid: u1", "Impersonate-Group: a", "Impersonate-Group: b",
                "Impersonate-Extra-scope: x", "Impersonate-Extra-scope: w",
                "Impersonate-Extra-acme.com%2Fp%25%C3%A9: z",
            ])
    }
}
