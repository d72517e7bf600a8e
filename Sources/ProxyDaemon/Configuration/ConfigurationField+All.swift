import JSON

extension ConfigurationField {
    private static let atOnce = "every change is committed at once, and what others change is noticed when they do"
    private static let watched = "objects are watched, and asked for again only where something was lost"
    private static let noIPVS = "there is no ipvs mode"
    private static let noIPTables = "it is of the iptables rules"
    private static let noWindows = "it is for Windows"

    /// All fields, in the order in which kube-proxy shows them.
    static let all: [ConfigurationField] = [
        ConfigurationField("featureGates", .mapping, .object(.init()), flag: "feature-gates", .none("it has none")),
        ConfigurationField("clientConnection.kubeconfig", .text, .string(""), flag: "kubeconfig"),
        ConfigurationField(
            "clientConnection.acceptContentTypes", .text, .string(""),
            .none("protobuf is asked for, and JSON taken as well")),
        ConfigurationField(
            "clientConnection.contentType", .text, .string("application/vnd.kubernetes.protobuf"),
            flag: "kube-api-content-type", .none("protobuf is asked for, and JSON taken as well")),
        ConfigurationField(
            "clientConnection.qps", .number, .number("5"), flag: "kube-api-qps",
            .none("it asks a handful of times and then watches")),
        ConfigurationField(
            "clientConnection.burst", .number, .number("10"), flag: "kube-api-burst",
            .none("it asks a handful of times and then watches")),
        ConfigurationField("logging.format", .text, .string("text"), flag: "logging-format"),
        ConfigurationField(
            "logging.flushFrequency", .duration, .string("5s"), flag: "log-flush-frequency",
            .none("every line is written at once")),
        ConfigurationField("logging.verbosity", .number, .number("0"), flag: "v"),
        ConfigurationField(
            "logging.vmodule", .texts, .array([]), flag: "vmodule", .none("there are no levels by module")),
        ConfigurationField(
            "logging.options", .mapping, .object(.init()), .none("every line is written at once, to stderr")),
        ConfigurationField("hostnameOverride", .text, .string(""), flag: "hostname-override"),
        ConfigurationField(
            "bindAddress", .text, .string("0.0.0.0"), flag: "bind-address",
            .none("the node's addresses are those of its Node object")),
        ConfigurationField("healthzBindAddress", .text, .string("0.0.0.0:10256"), flag: "healthz-bind-address"),
        ConfigurationField("metricsBindAddress", .text, .string("127.0.0.1:10249"), flag: "metrics-bind-address"),
        ConfigurationField("bindAddressHardFail", .flag, .bool(false), flag: "bind-address-hard-fail"),
        ConfigurationField(
            "enableProfiling", .flag, .bool(false), flag: "profiling", .none("there is no /debug/pprof")),
        ConfigurationField(
            "showHiddenMetricsForVersion", .text, .string(""), flag: "show-hidden-metrics-for-version",
            .none("no metric is hidden")),
        ConfigurationField("mode", .text, .string(""), flag: "proxy-mode"),
        ConfigurationField(
            "iptables.masqueradeBit", .number, .number("14"), flag: "iptables-masquerade-bit", .none(noIPTables),
            isUnsetByZero: false),
        ConfigurationField("iptables.masqueradeAll", .flag, .bool(false), .none(noIPTables)),
        ConfigurationField(
            "iptables.localhostNodePorts", .flag, .bool(true), flag: "iptables-localhost-nodeports",
            .none("node ports never answer on loopback, as in kube-proxy's nftables mode"), isUnsetByZero: false),
        ConfigurationField("iptables.syncPeriod", .duration, .string("30s"), .none(noIPTables)),
        ConfigurationField("iptables.minSyncPeriod", .duration, .string("1s"), .none(noIPTables)),
        ConfigurationField(
            "ipvs.syncPeriod", .duration, .string("30s"), flag: "ipvs-sync-period", .none(noIPVS)),
        ConfigurationField(
            "ipvs.minSyncPeriod", .duration, .string("1s"), flag: "ipvs-min-sync-period", .none(noIPVS)),
        ConfigurationField("ipvs.scheduler", .text, .string(""), flag: "ipvs-scheduler", .none(noIPVS)),
        ConfigurationField("ipvs.excludeCIDRs", .texts, .null, flag: "ipvs-exclude-cidrs", .none(noIPVS)),
        ConfigurationField("ipvs.strictARP", .flag, .bool(false), flag: "ipvs-strict-arp", .none(noIPVS)),
        ConfigurationField("ipvs.tcpTimeout", .duration, .string("0s"), flag: "ipvs-tcp-timeout", .none(noIPVS)),
        ConfigurationField(
            "ipvs.tcpFinTimeout", .duration, .string("0s"), flag: "ipvs-tcpfin-timeout", .none(noIPVS)),
        ConfigurationField("ipvs.udpTimeout", .duration, .string("0s"), flag: "ipvs-udp-timeout", .none(noIPVS)),
        ConfigurationField(
            "nftables.masqueradeBit", .number, .number("14"), flag: "masquerade-bit", isUnsetByZero: false),
        ConfigurationField("nftables.masqueradeAll", .flag, .bool(false), flag: "masquerade-all"),
        ConfigurationField("nftables.syncPeriod", .duration, .string("30s"), flag: "iptables-sync-period"),
        ConfigurationField(
            "nftables.minSyncPeriod", .duration, .string("1s"), flag: "iptables-min-sync-period", .none(atOnce)),
        ConfigurationField("winkernel.networkName", .text, .string(""), flag: "network-name", .none(noWindows)),
        ConfigurationField("winkernel.sourceVip", .text, .string(""), flag: "source-vip", .none(noWindows)),
        ConfigurationField("winkernel.enableDSR", .flag, .bool(false), flag: "enable-dsr", .none(noWindows)),
        ConfigurationField(
            "winkernel.rootHnsEndpointName", .text, .string(""), flag: "root-hnsendpoint-name", .none(noWindows)),
        ConfigurationField(
            "winkernel.forwardHealthCheckVip", .flag, .bool(false), flag: "forward-healthcheck-vip",
            .none(noWindows)),
        ConfigurationField("detectLocalMode", .text, .string("ClusterCIDR"), flag: "detect-local-mode"),
        ConfigurationField("detectLocal.bridgeInterface", .text, .string(""), flag: "pod-bridge-interface"),
        ConfigurationField("detectLocal.interfaceNamePrefix", .text, .string(""), flag: "pod-interface-name-prefix"),
        ConfigurationField("clusterCIDR", .text, .string(""), flag: "cluster-cidr"),
        ConfigurationField("nodePortAddresses", .texts, .null, flag: "nodeport-addresses"),
        ConfigurationField("oomScoreAdj", .number, .number("-999"), flag: "oom-score-adj", isUnsetByZero: false),
        ConfigurationField(
            "conntrack.maxPerCore", .number, .number("32768"), flag: "conntrack-max-per-core", isUnsetByZero: false),
        ConfigurationField("conntrack.min", .number, .number("131072"), flag: "conntrack-min", isUnsetByZero: false),
        ConfigurationField(
            "conntrack.tcpEstablishedTimeout", .duration, .string("24h0m0s"),
            flag: "conntrack-tcp-timeout-established", isUnsetByZero: false),
        ConfigurationField(
            "conntrack.tcpCloseWaitTimeout", .duration, .string("1h0m0s"), flag: "conntrack-tcp-timeout-close-wait",
            isUnsetByZero: false),
        ConfigurationField("conntrack.tcpBeLiberal", .flag, .bool(false), flag: "conntrack-tcp-be-liberal"),
        ConfigurationField("conntrack.udpTimeout", .duration, .string("0s"), flag: "conntrack-udp-timeout"),
        ConfigurationField(
            "conntrack.udpStreamTimeout", .duration, .string("0s"), flag: "conntrack-udp-timeout-stream"),
        ConfigurationField(
            "configSyncPeriod", .duration, .string("15m0s"), flag: "config-sync-period", .none(watched)),
        ConfigurationField("portRange", .text, .string(""), .none("kube-proxy does not use it either")),
        ConfigurationField("windowsRunAsService", .flag, .bool(false), .none(noWindows)),
    ]

    static let byPath = Dictionary(uniqueKeysWithValues: all.map { ($0.path, $0) })

    static let byFlag: [String: ConfigurationField] = {
        var fields = Dictionary(uniqueKeysWithValues: all.compactMap { field in field.flag.map { ($0, field) } })
        // Its own name, and that of the mode that most clusters still say.
        fields["iptables-masquerade-bit"] = fields["masquerade-bit"]
        return fields
    }()
}
