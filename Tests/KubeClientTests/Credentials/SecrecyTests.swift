import KubeClient
import LinuxSystem
import Testing

@Suite struct SecrecyTests {
    /// Everything that printing, dumping and reflecting a value shows.
    private func shown(_ value: some Any) -> String {
        var text = "\(value) \(String(reflecting: value)) \([value]) \(Optional(value) as Any)"
        dump(value, to: &text)
        for child in Mirror(reflecting: value).children { text += "\(child)" }
        return text
    }

    private let user = """
        token: hush-token, client-certificate-data: aHVzaA==, client-key-data: aHVzaA==, \
        exec: {apiVersion: client.authentication.k8s.io/v1, command: p, interactiveMode: Never, \
        args: [hush-argument], env: [{name: A, value: hush-value}]}
        """
    private let cluster = "server: 'https://a', proxy-url: 'http://u:hush-password@p'"

    @Test("No value shows the secret in it, however it is printed")
    func values() throws {
        let text = KubeconfigTexts.small(cluster: cluster, user: user)
        let files = FakeFiles(["/k": text])
        let config = try Kubeconfig(file: "/k", reading: files.read)
        let access = try config.access()
        let other = try Kubeconfig(
            file: "/k", reading: FakeFiles(["/k": text.replacing("token: hush-token,", with: "")]).read
        ).access()
        guard case .exec(let plugin) = other.credential else {
            Issue.record("no plugin")
            return
        }
        let answer = #"{"apiVersion":"client.authentication.k8s.io/v1","status":{"token":"hush-answer"}}"#
        let credential = try ExecCredential(output: Array(answer.utf8), of: plugin)
        let bytes = "\(Array("hush".utf8))".dropFirst().dropLast()
        let values: [Any] = [
            config, access, access.credential, access.certificate as Any, access.proxy as Any, other, plugin,
            credential,
            plugin.environment, access.proxy?.login as Any,
        ]
        for value in values {
            #expect(!shown(value).contains("hush"), "\(type(of: value))")
            #expect(!shown(value).contains(bytes), "\(type(of: value))")
        }
    }

    @Test("Errors show no secret", arguments: ["token: 'hush hush'", "client-key-data: 'hush!'", "token: [hush]"])
    func errors(user: String) {
        let text = errorText { () throws(CredentialError) in try clusterAccess(KubeconfigTexts.small(user: user)) }
        #expect(text.hasPrefix("/etc/lab/admin.conf: users[0].user") && !text.contains("hush"))
    }

    @Test("A token's file is read at every use, and what stands around the token is dropped")
    func tokenFile() throws {
        let credential = Credential.tokenFile("/t")
        #expect(try credential.token(reading: FakeFiles(["/t": "\n abc.def \r\n"]).read) == "abc.def")
        #expect(try Credential.token("x").token(reading: FakeFiles().read) == "x")
        #expect(try Credential.none.token(reading: FakeFiles().read) == nil)
    }

    @Test("A token's file that gives none is an error, never an anonymous request")
    func noToken() {
        func text(_ files: FakeFiles) -> String {
            errorText { () throws(CredentialError) in try Credential.tokenFile("/t").token(reading: files.read) ?? "" }
        }
        for empty in ["", "\n", " \t\r\n"] {
            #expect(text(FakeFiles(["/t": empty])) == "/t: the file is empty; a bearer token is needed there")
        }
        #expect(text(FakeFiles()) == "/t: No such file or directory; a bearer token is needed there")
        for content in ["hush\nhush", "hush\u{7f}", "hüsh"] {
            #expect(
                text(FakeFiles(["/t": content]))
                    == "/t: this is not one bearer token; only that may stand in the file")
        }
    }

    @Test("A certificate's file that is empty or not there is an error that names it")
    func material() {
        func text(_ files: FakeFiles) -> String {
            errorText { () throws(CredentialError) in try Material.file("/c").bytes(reading: files.read) }
        }
        #expect(text(FakeFiles(["/c": "\n"])) == "/c: the file is empty; a file in PEM is needed there")
        #expect(text(FakeFiles()) == "/c: No such file or directory; a file in PEM is needed there")
    }

    @Test("Files are read whole from the disk")
    func disk() throws {
        let path = "/tmp/fairway-credential-\(UInt64.random(in: 0 ... .max))"
        try Directory.replaceFile(path, with: Array("abc\n".utf8), mode: 0o600)
        defer { _ = try? Directory.remove(path) }
        #expect(try Credential.tokenFile(path).token() == "abc")
        #expect(throws: SystemError.self) { try CredentialFile.read("/tmp") }
    }
}
