import KubeClient
import Testing

@Suite struct ServerURLTests {
    private func text(_ url: String) -> String {
        do throws(CredentialError) {
            let server = try ClusterAccess(master: url).server
            return "\(server.scheme) \(server.host) \(server.port) \(server.pathPrefix)"
        } catch {
            return error.description
        }
    }

    @Test(
        "A server is https, http, or a host alone, which means https",
        arguments: [
            ("https://10.0.0.1:6443", "https 10.0.0.1 6443 "), ("https://api.example", "https api.example 443 "),
            ("http://localhost:8080/", "http localhost 8080 "), ("http://a", "http a 80 "),
            ("HTTPS://a_b.c.", "https a_b.c. 443 "), ("api.example:6443", "https api.example 6443 "),
            ("10.0.0.1", "https 10.0.0.1 443 "), ("[fd00::1]:6443", "https fd00::1 6443 "),
            ("https://[::1]", "https ::1 443 "), ("https://a/k8s/c-1//", "https a 443 /k8s/c-1"),
        ])
    func good(url: String, parts: String) {
        #expect(text(url) == parts)
    }

    @Test(
        "Anything else is an error that says why",
        arguments: [
            ("ftp://a", "its scheme is neither https nor http"), ("://a", "its scheme is neither https nor http"),
            ("https://u:hush@a", "it names a user, and API servers take no passwords"),
            ("https://", "its host is not a name or an address"), ("a..b", "its host is not a name or an address"),
            ("https://a b", "it has spaces or characters that a URL has not"),
            ("", "it has spaces or characters that a URL has not"),
            ("https://é", "it has spaces or characters that a URL has not"),
            ("https://a?b", "it has a query or a fragment"), ("https://a#b", "it has a query or a fragment"),
            ("https://fd00::1", "an IPv6 address must stand in brackets"),
            ("https://[10.0.0.1]", "what stands in brackets is not an IPv6 address"),
            ("https://[::1", "what stands in brackets is not an IPv6 address"),
            ("https:/a", "its port is not a number from 1 to 65535"),
            ("a:0", "its port is not a number from 1 to 65535"),
            ("a:65536", "its port is not a number from 1 to 65535"), ("a:", "its port is not a number from 1 to 65535"),
            ("a:+1", "its port is not a number from 1 to 65535"),
            ("[::1]1", "its port is not a number from 1 to 65535"),
        ])
    func bad(url: String, reason: String) {
        #expect(text(url) == "--master: the URL cannot be used, because \(reason); write https://HOST:PORT")
    }

    private func proxy(_ url: String) throws -> ProxyURL? {
        let text = KubeconfigTexts.small(cluster: "server: 'https://a', proxy-url: '\(url)'")
        return try Kubeconfig(file: "/k", reading: FakeFiles(["/k": text]).read).access().proxy
    }

    @Test("A proxy has a scheme of three, a port and perhaps a login")
    func proxies() throws {
        let proxy = try #require(try proxy("http://us%40er:pa%3ass@proxy.example/"))
        #expect(proxy.scheme == .http && proxy.host == "proxy.example" && proxy.port == 80)
        #expect(proxy.login?.user == "us@er" && proxy.login?.password == "pa:ss")
        #expect(proxy.description == "http://proxy.example:80")
        #expect(try self.proxy("socks5://[::1]")?.description == "socks5://[::1]:1080")
        #expect(try self.proxy("https://p")?.port == 443)
        #expect(try self.proxy("")?.host == nil)
    }

    @Test(
        "Other proxies are errors, which show no password",
        arguments: ["ftp://u:hush@a", "http://u:hush%4@a", "http://u:hush%ff@a", "http://u:hush@a/b", "http://u:hush@"])
    func badProxies(url: String) {
        let text = errorText { () throws(CredentialError) in
            try clusterAccess(KubeconfigTexts.small(cluster: "server: 'https://a', proxy-url: '\(url)'"))
        }
        #expect(text.contains("proxy-url") && text.contains("because it") && !text.contains("hush"), "\(text)")
    }
}
