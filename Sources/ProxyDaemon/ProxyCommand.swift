package import ArgumentParser
import Daemons
import Glibc
import KubeModel
import LinuxSystem
import Logging
import NetworkTypes
import ServiceLifecycle
import ServiceTables
import UnixSignals

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

            On a node whose objects come as files:

              fairway-proxy --manifests /etc/fairway/manifests --node-name node-1 --cluster-cidr 10.244.0.0/16

            On a machine without an API server, for Services as people write them for kubectl:

              fairway-proxy --manifests /etc/fairway/manifests --allocate --service-cidr 10.96.0.0/16
            """,
        version: Release.version,
        subcommands: [RunCommand.self, ExplainCommand.self, ShowCommand.self, TopCommand.self, CleanupCommand.self],
        defaultSubcommand: RunCommand.self)

    package init() {}
}

struct LogOptions: ParsableArguments {
    @Option(help: "How much to say on stderr: trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"

    func validate() throws {
        guard Logger.Level(rawValue: logLevel) != nil else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--log-level: \"\(logLevel)\" is none of \(levels)")
        }
    }

    func makeLogger() -> Logger {
        let stream = LogStream(.error)
        var logger = Logger(label: "fairway-proxy") { label in
            LineLogHandler(label, now: { LocalTime.now }, write: { stream.write($0) })
        }
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
        return logger
    }
}

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run the daemon (the default).")

    @OptionGroup(title: "Where the objects come from") var source: SourceOptions

    @Option(
        name: [.customLong("node-name"), .customLong("hostname-override")],
        help: ArgumentHelp(
            "This node's name, as endpoints' nodeName has it, in lower case. (default: the host's name)",
            valueName: "NAME"))
    var nodeName: String?

    @Flag(
        help: """
            Let nobody else change the tables while the daemon runs; they stay when it ends. Needs Linux 6.9. nft before \
            1.1 cannot load a listing of such tables again, nor list them as JSON once the daemon has ended.
            """)
    var tableOwner = false

    @Flag(help: "Remove everything that fairway-proxy made here, and end: the same as the subcommand cleanup.")
    var cleanup = false

    @OptionGroup(title: "Which connections look how") var traffic: TrafficOptions

    @OptionGroup(title: "What Services get that no API server gave anything") var allocation: AllocationOptions

    @OptionGroup(title: "How the kernel keeps track of connections") var conntrack: ConntrackOptions

    @OptionGroup var log: LogOptions

    /// A socket for each health check port and address, and for each of their clients.
    private static let fewestFiles: UInt64 = 4096

    func validate() throws {
        guard let nodeName, !isDNSSubdomain(nodeName.lowercased()) else { return }
        throw ValidationError(
            "--node-name: \"\(nodeName)\" is not a node's name (a to z, 0 to 9, - and .); without it the host's name counts"
        )
    }

    func run() async throws {
        if cleanup { return try ProxyDaemon.cleanUp(log.makeLogger()) }
        // Not in `validate`, which comes before unknown options and words are named.
        let origin = try source.origin()
        if case .cluster = origin { try allocation.demandUnused() }
        var tables = try traffic.tables(repeatsDispatch: KernelVersion.running < KernelVersion(6, 17))
        tables.ownsTables = tableOwner
        let configuration = ProxyConfiguration(
            origin: origin, nodeName: nodeName?.lowercased() ?? HostName.current, tables: tables,
            conntrack: conntrack.settings, allocation: try allocation.settings(serviceCIDRs: tables.serviceCIDRs))
        if let complaint = KernelNeeds.complaint(of: .running) { throw ConfigurationError(complaint) }
        let firstWithOwners = KernelVersion(6, 9)
        guard !tableOwner || KernelVersion.running >= firstWithOwners else {
            throw ConfigurationError(
                "--table-owner needs kernel \(firstWithOwners) or later, and this is \(KernelVersion.running): leave it out"
            )
        }
        // A supervisor's terminal may go away; reloading is not needed, because the folder is watched.
        ProcessSignals.ignoreHangupAndPipe()
        OwnMemory.keepHeapSmall()
        OwnMemory.trim()
        let openFiles = ResourceLimits.raiseOpenFiles()
        let logger = log.makeLogger()
        if openFiles < Self.fewestFiles {
            logger.warning(
                "few files and sockets may be open: health check ports and their clients may find none left",
                metadata: [
                    "limit": "\(openFiles)", "cure": "raise it to \(Self.fewestFiles) (ulimit -Hn, LimitNOFILE=)",
                ])
        }
        var lifecycleLogger = logger
        lifecycleLogger.logLevel = max(logger.logLevel, .notice)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(
                        service: ProxyDaemon(configuration, logger),
                        successTerminationBehavior: .gracefullyShutdownGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: lifecycleLogger))
        try await group.run()
    }
}

struct CleanupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cleanup",
        abstract: "Remove everything that fairway-proxy made in this network namespace.",
        discussion: "It refuses to while a daemon runs. Connections through Services that are established go on.")

    @OptionGroup var log: LogOptions

    func run() async throws { try ProxyDaemon.cleanUp(log.makeLogger()) }
}
