import ArgumentParser

/// Where kube-proxy's configuration lies, and what is done with it.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            kube-proxy's KubeProxyConfiguration (v1alpha1). Beside it those of kube-proxy's flags count that say how to \
            log, and --hostname-override. When it changes, the daemon ends, to be started anew.
            """, valueName: "FILE"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Write what the options or the configuration file say to a configuration file, and end.",
            valueName: "FILE"))
    var writeConfigTo: String?

    @Flag(
        help: """
            Do only what needs more rights than CAP_NET_ADMIN, and end: load modules, set conntrack's parameters.
            """)
    var initOnly = false

    @Flag(help: "Remove what kube-proxy left in nftables and in iptables' nftables variant, and end.")
    var cleanupKubeProxy = false
}
