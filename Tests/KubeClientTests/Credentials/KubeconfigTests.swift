import KubeClient
import Testing

@Suite struct KubeconfigTests {
    @Test("kubeadm's admin.conf: data in the file itself")
    func kubeadm() throws {
        let access = try clusterAccess(KubeconfigTexts.kubeadm, file: "/etc/kubernetes/admin.conf")
        #expect(access.server.scheme == .https && access.server.host == "10.0.0.10" && access.server.port == 6443)
        #expect(access.server.pathPrefix.isEmpty && access.nameInCertificate == "10.0.0.10")
        #expect(access.authority == .data(Array("CA".utf8)))
        #expect(
            access.certificate == ClientCertificate(chain: .data(Array("CERT".utf8)), key: .data(Array("KEY".utf8))))
        #expect(access.credential == .none && access.namespace == nil && access.impersonation == nil)
        #expect(!access.isInsecure && !access.isAnonymous && !access.disablesCompression && access.proxy == nil)
        #expect(access.remarks.isEmpty)
        let user = "context kubernetes-admin@kubernetes, cluster kubernetes, user kubernetes-admin"
        #expect(access.description == "https://10.0.0.10:6443 (\(user) of /etc/kubernetes/admin.conf)")
    }

    @Test("The kubelet's: certificate and key in one file, which is read when it is used")
    func kubelet() throws {
        let access = try clusterAccess(KubeconfigTexts.kubelet)
        let file = "/var/lib/kubelet/pki/kubelet-client-current.pem"
        #expect(access.certificate == ClientCertificate(chain: .file(file), key: .file(file)))
        #expect(access.namespace == "default" && access.server.host == "control-plane.example")
        #expect(try access.certificate?.key.bytes(reading: FakeFiles([file: "PEM"]).read) == Array("PEM".utf8))
    }

    @Test("k3s's: relative paths are seen from the folder of the file")
    func k3s() throws {
        let agent = try clusterAccess(KubeconfigTexts.k3s, file: "/var/lib/k3s/agent.yaml")
        #expect(agent.authority == .file("/var/lib/k3s/server-ca.crt"))
        #expect(
            agent.certificate
                == ClientCertificate(
                    chain: .file("/var/lib/k3s/tls/client.crt"), key: .file("/var/lib/k3s/tls/client.key")))
        let here = try clusterAccess(KubeconfigTexts.k3s, file: "x.yaml")
        #expect(here.authority == .file("server-ca.crt"))
    }

    @Test("kind's, as JSON, at an IPv6 address")
    func kind() throws {
        let access = try clusterAccess(KubeconfigTexts.kind, file: "/k")
        #expect(access.server.host == "::1" && access.server.port == 41873 && access.server.isLoopback)
        #expect(access.server.description == "https://[::1]:41873")
        #expect(access.authority == .data(Array("CA".utf8)) && access.certificate != nil)
    }

    @Test("EKS's: a plugin that is looked up in PATH, at the usual port")
    func eks() throws {
        let access = try clusterAccess(KubeconfigTexts.eks, file: "/etc/lab/config")
        #expect(access.server.port == 443)
        #expect(access.server.description == "https://0123456789ABCDEF.gr7.eu-central-1.eks.amazonaws.com")
        guard case .exec(let plugin) = access.credential else {
            Issue.record("\(access.credential)")
            return
        }
        #expect(plugin.version == .v1beta1 && plugin.command == "aws" && plugin.arguments.count == 8)
        #expect(plugin.environment.map(\.name) == ["AWS_PROFILE"] && plugin.environment[0].value == "operators")
        #expect(!plugin.wantsCluster && plugin.installHint == nil)
    }

    @Test("GKE's: a plugin that wants to know the cluster")
    func gke() throws {
        let access = try clusterAccess(KubeconfigTexts.gke, file: "/etc/lab/config")
        guard case .exec(let plugin) = access.credential else {
            Issue.record("\(access.credential)")
            return
        }
        #expect(plugin.wantsCluster && plugin.installHint?.hasPrefix("Install gke-gcloud-auth-plugin") == true)
        #expect(plugin.arguments.isEmpty && plugin.environment.isEmpty)
    }

    @Test("What a cluster's entry says is taken, and what is not known is passed over")
    func cluster() throws {
        let cluster = """
            server: 'https://api.example/k8s/clusters/c-1/', tls-server-name: kubernetes.default, \
            proxy-url: 'http://proxy.example:3128', disable-compression: true, some-new-key: [1]
            """
        let access = try clusterAccess(KubeconfigTexts.small(cluster: cluster), file: "/k")
        #expect(access.server.pathPrefix == "/k8s/clusters/c-1" && access.serverName == "kubernetes.default")
        #expect(access.nameInCertificate == "kubernetes.default" && access.disablesCompression)
        #expect(access.proxy?.host == "proxy.example" && access.proxy?.port == 3128 && access.proxy?.scheme == .http)
        #expect(access.authority == .system)
    }

    @Test("An error in an entry that is not chosen costs nothing")
    func others() throws {
        let text = """
            current-context: a
            clusters: [{name: a, cluster: {server: 'https://a'}}, {name: b, cluster: {server: 1}}]
            users: [{name: a, user: {token: t}}, {name: b, user: {username: x}}]
            contexts: [{name: a, context: {cluster: a, user: a}}, {name: b, context: {cluster: b, user: b}}]
            """
        let config = try Kubeconfig(file: "/k", reading: FakeFiles(["/k": text]).read)
        #expect(try config.access().credential == .token("t"))
        #expect(throws: CredentialError.self) { try config.access(context: "b") }
    }

    @Test("base64 may stand in lines")
    func lines() throws {
        let text = """
            current-context: c
            clusters:
            - name: k
              cluster:
                server: https://api.example
                certificate-authority-data: |
                  Q0E
                  =
            contexts: [{name: c, context: {cluster: k}}]
            """
        #expect(try clusterAccess(text, file: "/k").authority == .data(Array("CA".utf8)))
    }
}
