import KubeClient
import LinuxSystem

extension Kubeconfig {
    /// The way to a test's server, as a kubeconfig has it.
    ///
    /// - Parameter changes: lines of the cluster's that count instead of, or beside, the usual ones.
    static func testAccess(port: Int, authority: String, _ changes: String = "") throws -> ClusterAccess {
        let ownAuthority = changes.contains("certificate-authority") ? "" : "certificate-authority: \(authority)"
        let text = """
            apiVersion: v1
            kind: Config
            current-context: test
            clusters:
            - name: test
              cluster:
                server: https://127.0.0.1:\(port)
                \(ownAuthority)
                \(changes)
            users:
            - name: test
              user: {token: a-token-of-tests}
            contexts:
            - name: test
              context: {cluster: test, user: test}
            """
        func read(_ path: String) throws(SystemError) -> [UInt8] { Array(text.utf8) }
        return try Kubeconfig(file: "/test/config", reading: read).access()
    }
}
