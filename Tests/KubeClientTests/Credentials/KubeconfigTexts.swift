import KubeClient

/// Kubeconfigs in the shapes that the tools write, with made-up certificates, keys and tokens.
enum KubeconfigTexts {
    /// `CA`, `CERT` and `KEY` in base64.
    static let (authority, certificate, key) = ("Q0E=", "Q0VSVA==", "S0VZ")

    static let kubeadm = """
        apiVersion: v1
        clusters:
        - cluster:
            certificate-authority-data: Q0E=
            server: https://10.0.0.10:6443
          name: kubernetes
        contexts:
        - context:
            cluster: kubernetes
            user: kubernetes-admin
          name: kubernetes-admin@kubernetes
        current-context: kubernetes-admin@kubernetes
        kind: Config
        preferences: {}
        users:
        - name: kubernetes-admin
          user:
            client-certificate-data: Q0VSVA==
            client-key-data: S0VZ
        """

    static let kubelet = """
        apiVersion: v1
        clusters:
        - cluster:
            certificate-authority-data: Q0E=
            server: https://control-plane.example:6443
          name: default-cluster
        contexts:
        - context:
            cluster: default-cluster
            namespace: default
            user: default-auth
          name: default-context
        current-context: default-context
        kind: Config
        preferences: {}
        users:
        - name: default-auth
          user:
            client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem
            client-key: /var/lib/kubelet/pki/kubelet-client-current.pem
        """

    static let k3s = """
        apiVersion: v1
        clusters:
        - cluster:
            server: https://127.0.0.1:6444
            certificate-authority: server-ca.crt
          name: local
        contexts:
        - context:
            cluster: local
            namespace: default
            user: user
          name: Default
        current-context: Default
        kind: Config
        preferences: {}
        users:
        - name: user
          user:
            client-certificate: tls/client.crt
            client-key: tls/client.key
        """

    static let kind = """
        {"apiVersion": "v1", "kind": "Config", "current-context": "kind-lab", "preferences": {},
         "clusters": [{"name": "kind-lab", "cluster": {
           "certificate-authority-data": "Q0E=", "server": "https://[::1]:41873"}}],
         "contexts": [{"name": "kind-lab", "context": {"cluster": "kind-lab", "user": "kind-lab"}}],
         "users": [{"name": "kind-lab", "user": {
           "client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ"}}]}
        """

    static let eks = """
        apiVersion: v1
        clusters:
        - cluster:
            server: https://0123456789ABCDEF.gr7.eu-central-1.eks.amazonaws.com
            certificate-authority-data: Q0E=
          name: arn:aws:eks:eu-central-1:111122223333:cluster/lab
        contexts:
        - context:
            cluster: arn:aws:eks:eu-central-1:111122223333:cluster/lab
            user: arn:aws:eks:eu-central-1:111122223333:cluster/lab
          name: arn:aws:eks:eu-central-1:111122223333:cluster/lab
        current-context: arn:aws:eks:eu-central-1:111122223333:cluster/lab
        kind: Config
        preferences: {}
        users:
        - name: arn:aws:eks:eu-central-1:111122223333:cluster/lab
          user:
            exec:
              apiVersion: client.authentication.k8s.io/v1beta1
              args:
              - --region
              - eu-central-1
              - eks
              - get-token
              - --cluster-name
              - lab
              - --output
              - json
              command: aws
              env:
              - name: AWS_PROFILE
                value: operators
        """

    static let gke = """
        apiVersion: v1
        clusters:
        - cluster:
            certificate-authority-data: Q0E=
            server: https://203.0.113.7
          name: gke_project_zone_lab
        contexts:
        - context:
            cluster: gke_project_zone_lab
            user: gke_project_zone_lab
          name: gke_project_zone_lab
        current-context: gke_project_zone_lab
        kind: Config
        users:
        - name: gke_project_zone_lab
          user:
            exec:
              apiVersion: client.authentication.k8s.io/v1beta1
              command: gke-gcloud-auth-plugin
              installHint: Install gke-gcloud-auth-plugin for use with kubectl by following the guide
              interactiveMode: IfAvailable
              provideClusterInfo: true
        """

    /// A file of one context `c`, cluster `k` and user `u`, whose fields are given in YAML's flow form.
    static func small(cluster: String = "server: https://api.example", user: String = "token: secret") -> String {
        """
        current-context: c
        clusters: [{name: k, cluster: {\(cluster)}}]
        users: [{name: u, user: {\(user)}}]
        contexts: [{name: c, context: {cluster: k, user: u}}]
        """
    }
}

/// The way that a file's current context leads, the file being `/etc/lab/admin.conf` where nothing else is said.
func clusterAccess(_ text: String, file: String = "/etc/lab/admin.conf") throws(CredentialError) -> ClusterAccess {
    try Kubeconfig(file: file, reading: FakeFiles([file: text]).read).access()
}
