import KubeClient
import Testing

@Suite struct KubeconfigErrorTests {
    private func text(_ content: String) -> String {
        errorText { () throws(CredentialError) in try clusterAccess(content) }
    }

    private func text(cluster: String) -> String { text(KubeconfigTexts.small(cluster: cluster)) }

    private func text(user: String) -> String { text(KubeconfigTexts.small(user: user)) }

    @Test("A text that is no kubeconfig says what it is instead")
    func noKubeconfig() {
        let file = "/etc/lab/admin.conf"
        #expect(text("[1]") == "\(file): a list is not a mapping of keys to values")
        #expect(text("a: 1\n---\nb: 2\n") == "\(file): there are 2 documents in it; leave only one")
        #expect(
            text("apiVersion: v1\nkind: Service\n")
                == "\(file): this is a v1 Service, not a kubeconfig (v1 Config); name another file")
        #expect(text("apiVersion: v2\n").contains("this is a v2 Config, not a kubeconfig"))
        #expect(text("\na: [1,\nb: }\n").hasPrefix("\(file): cannot be parsed: line "))
    }

    @Test("What is not chosen is asked for, and what is not there is named with what there is")
    func choice() throws {
        let file = "/etc/lab/admin.conf"
        #expect(text("") == "\(file): current-context: is missing; set it to one of the contexts (none)")
        #expect(
            text("contexts: [{name: b}, {name: a}]")
                == "\(file): current-context: is missing; set it to one of the contexts a, b")
        #expect(
            text("current-context: x\ncontexts: [{name: b}, {name: a}]")
                == "\(file): current-context: there is no context \"x\"; there are the contexts a, b")
        let config = try Kubeconfig(
            file: "/k", reading: FakeFiles(["/k": "current-context: a\ncontexts: [{name: a}]"]).read)
        #expect(
            errorText { () throws(CredentialError) in try config.access(context: "x") }
                == "/k: there is no context \"x\"; there are the contexts a")
        #expect(
            errorText { () throws(CredentialError) in try config.access() }
                == "/k: contexts[0].context.cluster: is missing; name one of (none)")
        #expect(
            text("current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\nclusters: [{name: k}]")
                == "\(file): contexts[0].context.user: there is no user \"u\"; name one of (none)")
        #expect(
            text("users: [{name: a}, {name: a}]")
                == "\(file): users[1].name: \"a\" stands in users already; give each entry a name of its own")
    }

    @Test("Wrong types name the file, the path and the cure")
    func types() {
        let file = "/etc/lab/admin.conf"
        #expect(text(user: "token: 12") == "\(file): users[0].user.token: a number is not a text; put it in quotes")
        #expect(
            text(cluster: "server: 'https://a', disable-compression: 'true'")
                == "\(file): clusters[0].cluster[\"disable-compression\"]: a string is not a boolean; write true or false, without quotes"
        )
        #expect(text("clusters: {}") == "\(file): clusters: an object is not a list; begin each entry with a dash")
        #expect(text("users: [a]") == "\(file): users[0]: a string is not a mapping of keys to values")
        #expect(
            text(user: "as: a, as-groups: [b, 1]")
                == "\(file): users[0].user[\"as-groups\"][1]: a number is not a text; put it in quotes")
        #expect(
            text(cluster: "server: 'https://a', certificate-authority-data: 'Q0E'")
                == "\(file): clusters[0].cluster[\"certificate-authority-data\"]: the text is not base64; write the file's content as base64 -w0 gives it"
        )
    }

    @Test("A cluster needs a server that can be spoken to")
    func cluster() {
        let place = "/etc/lab/admin.conf: clusters[0].cluster"
        #expect(text(cluster: "") == "\(place).server: is missing; write https://HOST:PORT")
        #expect(
            text(cluster: "server: 'ftp://a'")
                == "\(place).server: the URL cannot be used, because its scheme is neither https nor http; write https://HOST:PORT"
        )
        #expect(
            text(cluster: "server: 'https://a', proxy-url: 'a:1'")
                == "\(place)[\"proxy-url\"]: the URL cannot be used, because its scheme is none of http, https, socks5; write http://HOST:PORT"
        )
        for authority in ["certificate-authority: a", "certificate-authority-data: Q0E="] {
            #expect(
                text(cluster: "server: 'https://a', insecure-skip-tls-verify: true, \(authority)")
                    == "\(place)[\"insecure-skip-tls-verify\"]: cannot be true beside a certificate-authority; remove one of the two"
            )
        }
    }

    @Test(
        "No input makes the reader crash",
        arguments: [
            "{", "[", "}", "\u{0}", "a: b: c", "- - -", "? : ?", "&a *a", "%", "\"", "{{}}", "~", "clusters: ~",
        ])
    func junk(content: String) {
        #expect(text(content).hasPrefix("/etc/lab/admin.conf: "))
        #expect(text(cluster: "server: '\(content.filter { $0 != "'" })'").hasPrefix("/etc/lab/admin.conf: "))
    }

    @Test("What older clusters took is refused by name")
    func removed() {
        let place = "/etc/lab/admin.conf: users[0].user"
        let cure = "API servers take no passwords since Kubernetes 1.19; use a token or a client certificate"
        #expect(text(user: "username: a, password: b") == "\(place).username: \(cure)")
        #expect(text(user: "password: b") == "\(place).password: \(cure)")
        #expect(
            text(user: "auth-provider: {name: gcp}")
                == "\(place)[\"auth-provider\"]: gcp is not built in, as most are gone since Kubernetes 1.26; use exec")
    }

    @Test("Half a certificate, a token that is none, and half an impersonation are errors")
    func user() {
        let place = "/etc/lab/admin.conf: users[0].user"
        #expect(
            text(user: "client-certificate: a")
                == "\(place)[\"client-key\"]: is missing beside client-certificate; add it, or remove that")
        #expect(
            text(user: "client-key-data: S0VZ, token: t")
                == "\(place)[\"client-certificate\"]: is missing beside client-key; add it, or remove that")
        #expect(
            text(user: "token: 'hush hush'")
                == "\(place).token: the text has characters that no bearer token has; write it alone")
        for key in ["as-uid: a", "as-groups: [a]", "as-user-extra: {a: [b]}"] {
            #expect(
                text(user: key)
                    == "\(place).as: is missing beside as-uid, as-groups or as-user-extra; name the user")
        }
        #expect(
            text(user: #"as: "a\nb""#)
                == "\(place).as: a control character cannot be sent in the header Impersonate-User; remove it")
    }
}
