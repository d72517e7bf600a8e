package import ArgumentParser
import NetworkTypes

/// The command line of `fairway-proxy`.
package struct ProxyCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "fairway-proxy",
        abstract: "Keeps this node's nftables rules equal to the cluster's Services and EndpointSlices.",
        discussion: """
            One daemon runs per network namespace. It reads Services, EndpointSlices and its Node from an API server, or \
            from a folder of YAML and JSON files, follows them, and keeps the tables "ip fairway" and "ip6 fairway". \
            SIGTERM ends it at once and leaves the rules in place; the next start adopts them. "show", "explain" and \
            "top" look at them, whether a daemon runs or not; so does "nft list table ip fairway".

            On a node of a cluster; in a pod without --kubeconfig, as its service account:

              fairway-proxy --kubeconfig /etc/fairway/kubeconfig --node-name node-1 --cluster-cidr 10.244.0.0/16

            In kube-proxy's place, with its own configuration ("check-config" says beforehand what becomes of it):

              fairway-proxy --config /var/lib/kube-proxy/config.conf --hostname-override node-1

            On a node whose objects come as files:

              fairway-proxy --manifests /etc/fairway/manifests --node-name node-1 --cluster-cidr 10.244.0.0/16

            On a machine without an API server, for Services as people write them for kubectl:

              fairway-proxy --manifests /etc/fairway/manifests --allocate --service-cidr 10.96.0.0/16
            """,
        version: Release.version,
        subcommands: [
            RunCommand.self, ExplainCommand.self, ShowCommand.self, TopCommand.self, CheckConfigCommand.self,
            CleanupCommand.self,
        ],
        defaultSubcommand: RunCommand.self)

    package init() {}

    /// Runs what the process's command line says, also where its flags are written as kube-proxy's, and ends the process.
    package static func run() async { await main(KubeProxyFlags.ofProcess.arguments) }
}

struct CleanupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cleanup",
        abstract: "Remove everything that fairway-proxy made in this network namespace.",
        discussion: "It refuses to while a daemon runs. Connections through Services that are established go on.")

    @OptionGroup var log: LogOptions

    func run() async throws { try ProxyDaemon.cleanUp(log.makeLogger()) }
}
