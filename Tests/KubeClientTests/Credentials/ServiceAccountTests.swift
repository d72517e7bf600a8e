import KubeClient
import Testing

@Suite struct ServiceAccountTests {
    private let variables = ["KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"]
    private let files = FakeFiles(["/sa/token": "abc.def\n", "/sa/ca.crt": "PEM", "/sa/namespace": "kube-system"])
    private let cure = "name the source with --kubeconfig FILE or --manifests DIR"

    private func text(_ variables: [String: String], _ files: FakeFiles) -> String {
        errorText { () throws(CredentialError) in
            try ServiceAccount(environment: variables, folder: "/sa").access(reading: files.read)
        }
    }

    @Test("A pod's variables and files are a way to the API server, and the files are read anew at every use")
    func pod() throws {
        let account = ServiceAccount(environment: variables, folder: "/sa")
        let access = try account.access(reading: files.read)
        #expect(account.isInCluster && access.server.description == "https://10.96.0.1")
        #expect(access.authority == .file("/sa/ca.crt") && access.credential == .tokenFile("/sa/token"))
        #expect(access.namespace == "kube-system" && access.remarks.isEmpty)
        #expect(try access.credential.token(reading: FakeFiles(["/sa/token": "new"]).read) == "new")
        #expect(access.description == "https://10.96.0.1 (the service account in /sa)")
    }

    @Test("The address may be one of IPv6, and the namespace may be missing")
    func variants() throws {
        var files = files
        files.contents["/sa/namespace"] = nil
        let variables = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443"]
        let access = try ServiceAccount(environment: variables, folder: "/sa").access(reading: files.read)
        #expect(access.server.description == "https://[fd00::1]:6443" && access.nameInCertificate == "fd00::1")
        #expect(access.namespace == nil)
    }

    @Test("Outside a pod the error says what to do instead")
    func outside() {
        for variables in [[:], ["KUBERNETES_SERVICE_HOST": "10.96.0.1"], ["KUBERNETES_SERVICE_PORT": "443"]] {
            #expect(!ServiceAccount(environment: variables).isInCluster)
            #expect(
                text(variables, files)
                    == "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is no pod; \(cure)")
        }
    }

    @Test("Variables that say nothing useful are errors")
    func variableErrors() {
        var variables = variables
        variables["KUBERNETES_SERVICE_PORT"] = "https"
        #expect(
            text(variables, files) == "KUBERNETES_SERVICE_PORT: \"https\" is not a port (1 to 65535); \(cure)")
        variables = self.variables
        for host in ["a b", "a:1", "https://a", "a/b"] {
            variables["KUBERNETES_SERVICE_HOST"] = host
            #expect(
                text(variables, files) == "KUBERNETES_SERVICE_HOST: \"\(host)\" is not a name or an address; \(cure)")
        }
    }

    @Test("A pod without a token or an authority is told so, by file", arguments: ["token", "ca.crt"])
    func missing(name: String) {
        var files = files
        let pod = "let the pod have a token (automountServiceAccountToken), or \(cure)"
        files.contents["/sa/\(name)"] = " \n"
        #expect(text(variables, files) == "/sa/\(name): the file is empty; \(pod)")
        files.contents["/sa/\(name)"] = nil
        #expect(text(variables, files) == "/sa/\(name): No such file or directory; \(pod)")
    }
}
