import KubeClient
import LinuxSystem
import Testing

@Suite struct KubeconfigMergeTests {
    private let first = """
        clusters: [{name: k, cluster: {server: 'https://first', certificate-authority: ca.crt}}]
        contexts: [{name: one, context: {cluster: k, user: u}}]
        """
    private let second = """
        current-context: two
        clusters: [{name: k, cluster: {server: 'https://second', tls-server-name: second}}]
        users: [{name: u, user: {tokenFile: token}}]
        contexts: [{name: one, context: {cluster: other}}, {name: two, context: {cluster: k, user: u}}]
        """
    private let third = "current-context: one"

    private var files: FakeFiles { FakeFiles(["/a/x": first, "/b/y": second, "/c/z": third, "/e": ""]) }

    @Test("The first file that gives something a name, or sets the current context, wins as a whole")
    func firstWins() throws {
        let config = try Kubeconfig(list: "/a/x:/b/y:/c/z", reading: files.read)
        let access = try config.access()
        #expect(access.server.host == "first" && access.serverName == nil)
        #expect(access.origin == "context two, cluster k, user u of /b/y")
        #expect(try config.access(context: "one").server.host == "first")
        let reversed = try Kubeconfig(list: "/c/z:/b/y:/a/x", reading: files.read)
        #expect(
            errorText { () throws(CredentialError) in try reversed.access() }
                == "/b/y: contexts[0].context.cluster: there is no cluster \"other\"; name one of k")
    }

    @Test("Each path is seen from the folder of the file that names it")
    func paths() throws {
        let access = try Kubeconfig(list: "/a/x:/b/y", reading: files.read).access()
        #expect(access.authority == .file("/a/ca.crt"))
        #expect(access.credential == .tokenFile("/b/token"))
    }

    @Test("Files of a list that are not there are passed over, and so are empty ones and empty names")
    func missing() throws {
        let config = try Kubeconfig(list: ":/nowhere:/a/x:/e::/b/y", reading: files.read)
        #expect(config.files == ["/a/x", "/e", "/b/y"])
        #expect(try config.access().origin.hasPrefix("context two"))
    }

    @Test("A list of which nothing is there, and one file that is not there, are errors")
    func noneThere() {
        #expect(
            errorText { () throws(CredentialError) in try Kubeconfig(list: "/n:/m", reading: files.read) }
                == "KUBECONFIG: none of the files in \"/n:/m\" is there; name one with --kubeconfig")
        #expect(
            errorText { () throws(CredentialError) in try Kubeconfig(file: "/n", reading: files.read) }
                == "/n: there is no such file; look at --kubeconfig")
    }

    @Test("A file of a list that is there but cannot be read is an error")
    func unreadable() {
        var files = files
        files.failures["/a/x"] = .accessDenied
        #expect(
            errorText { () throws(CredentialError) in try Kubeconfig(list: "/a/x:/b/y", reading: files.read) }
                == "/a/x: Permission denied; it must be a file that can be read")
    }
}
