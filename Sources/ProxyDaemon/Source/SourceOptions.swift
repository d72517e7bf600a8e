import ArgumentParser
import KubeClient
import LinuxSystem

/// Where the cluster's objects come from.
struct SourceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The folder with the cluster's objects: every .yaml, .yml and .json file in it, watched.", valueName: "DIR")
    )
    var manifests: String?

    @Option(
        help: ArgumentHelp(
            """
            The file that says where the API server is, and who asks it; of several the first that names something \
            counts. (default: in a pod, its service account)
            """, valueName: "FILE[:FILE]"))
    var kubeconfig: String?

    @Option(
        help: ArgumentHelp("The API server, instead of the one that --kubeconfig names.", valueName: "URL"))
    var master: String?

    /// - Throws: where several sources are named, or none can be found.
    func origin() throws -> ObjectOrigin {
        if let manifests {
            guard kubeconfig == nil, master == nil else {
                let other = kubeconfig == nil ? "--master" : "--kubeconfig"
                throw ValidationError(
                    "--manifests and \(other): the objects come from one of them; leave the other out")
            }
            return .manifests(manifests)
        }
        let server = try master.map { try ClusterAccess(master: $0) }
        if let kubeconfig {
            let files =
                try kubeconfig.contains(":") ? Kubeconfig(list: kubeconfig) : Kubeconfig(file: kubeconfig)
            var access = try files.access()
            if let server {
                guard server.server.scheme == access.server.scheme else {
                    throw ValidationError(
                        "--master: its scheme is not that of the server in \(kubeconfig); write \(access.server.scheme)://"
                    )
                }
                access.server = server.server
                // A name that was for the other server's certificate.
                access.serverName = nil
            }
            return .cluster(access)
        }
        if let server { return .cluster(server) }
        let account = ServiceAccount(environment: ProcessEnvironment.values)
        guard account.isInCluster else {
            throw ValidationError(
                """
                no source of objects: --manifests DIR names the folder that holds them as YAML or JSON files, \
                --kubeconfig FILE or --master URL the way to an API server; in a pod its service account counts
                """)
        }
        return .cluster(try account.access())
    }
}
