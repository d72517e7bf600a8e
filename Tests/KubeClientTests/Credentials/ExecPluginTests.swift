import KubeClient
import Testing

@Suite struct ExecPluginTests {
    private let place = "/etc/lab/admin.conf: users[0].user.exec"

    private func text(_ exec: String) -> String {
        errorText { () throws(CredentialError) in try clusterAccess(KubeconfigTexts.small(user: "exec: {\(exec)}")) }
    }

    private func information(cluster: String, exec: String) throws -> String {
        let fields = "apiVersion: client.authentication.k8s.io/v1, command: p, interactiveMode: Never, \(exec)"
        let text = KubeconfigTexts.small(cluster: cluster, user: "exec: {\(fields)}")
        let files = FakeFiles(["/k": text, "/ca": "CA"])
        let access = try Kubeconfig(file: "/k", reading: files.read).access()
        guard case .exec(let plugin) = access.credential else { return "no plugin" }
        return try plugin.information(for: access, reading: files.read)
    }

    @Test("A plugin's command is a name for PATH, or a path seen from the file's folder")
    func command() throws {
        for (command, path) in [("p", "p"), ("./p", "/etc/lab/./p"), ("/bin/p", "/bin/p")] {
            let exec = "apiVersion: client.authentication.k8s.io/v1beta1, command: \(command)"
            guard case .exec(let plugin) = try clusterAccess(KubeconfigTexts.small(user: "exec: {\(exec)}")).credential
            else {
                Issue.record("no plugin")
                return
            }
            #expect(plugin.command == path)
        }
    }

    @Test("What a plugin cannot do without is asked for")
    func errors() {
        let v1 = "apiVersion: client.authentication.k8s.io/v1"
        let versions = "client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1"
        #expect(
            text("command: p") == "\(place).apiVersion: is missing; write \(versions), whichever the plugin answers in")
        #expect(
            text("command: p, apiVersion: client.authentication.k8s.io/v1alpha1")
                == "\(place).apiVersion: \"client.authentication.k8s.io/v1alpha1\" is not supported; write \(versions), and update the plugin"
        )
        #expect(text(v1) == "\(place).command: is missing; name the plugin's program")
        #expect(
            text("\(v1), command: p")
                == "\(place).interactiveMode: is missing, which client.authentication.k8s.io/v1 demands; write Never")
        #expect(
            text("\(v1), command: p, interactiveMode: Always")
                == "\(place).interactiveMode: Always needs a terminal, which a daemon has not; use a plugin that asks nobody"
        )
        #expect(
            text("\(v1), command: p, interactiveMode: never")
                == "\(place).interactiveMode: \"never\" is none of Never, IfAvailable, Always; write Never")
        #expect(text("\(v1), command: p, env: [{value: x}]") == "\(place).env[0].name: is missing; name the variable")
        #expect(
            text("\(v1), command: p, env: [{name: 'A=b'}]")
                == "\(place).env[0].name: has a = in it; write what follows as value")
    }

    @Test("A plugin that does not want to know the cluster is told the version only")
    func withoutCluster() throws {
        #expect(
            try information(cluster: "server: 'https://a'", exec: "env: []")
                == #"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false}}"#
        )
    }

    @Test("A plugin that wants to know the cluster is told all of it, its authority written out")
    func withCluster() throws {
        let cluster = """
            server: 'https://a:6443', tls-server-name: b, certificate-authority: /ca, disable-compression: true, \
            proxy-url: 'http://u:p@proxy:3128', extensions: [{name: other, extension: 1}, \
            {name: client.authentication.k8s.io/exec, extension: {audience: x}}]
            """
        let told = #"""
            {"server":"https://a:6443","tls-server-name":"b","certificate-authority-data":"Q0E=",\#
            "proxy-url":"http://u:p@proxy:3128","disable-compression":true,"config":{"audience":"x"}}
            """#
        #expect(
            try information(cluster: cluster, exec: "provideClusterInfo: true")
                == "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"spec\":{\"cluster\":\(told),\"interactive\":false}}"
        )
        #expect(
            try information(
                cluster: "server: 'https://a', insecure-skip-tls-verify: true", exec: "provideClusterInfo: true"
            ).contains(#""cluster":{"server":"https://a","insecure-skip-tls-verify":true},"#))
        #expect(throws: CredentialError.self) {
            try information(
                cluster: "server: 'https://a', certificate-authority: /nowhere", exec: "provideClusterInfo: true")
        }
        #expect(ExecPlugin.informationVariable == "KUBERNETES_EXEC_INFO")
    }
}
