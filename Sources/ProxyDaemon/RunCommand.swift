import ArgumentParser
import Daemons
import JSON
import KubeModel
import LinuxSystem
import Logging
import ServiceLifecycle
import ServiceTables
import UnixSignals

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

    @OptionGroup(title: "In kube-proxy's place") var kubeProxy: ConfigurationOptions

    @OptionGroup(title: "Which connections look how") var traffic: TrafficOptions

    @OptionGroup(title: "What Services get that no API server gave anything") var allocation: AllocationOptions

    @OptionGroup(title: "How the kernel keeps track of connections") var conntrack: ConntrackOptions

    @OptionGroup(title: "How the daemon says how it is") var status: StatusOptions

    @OptionGroup var mode: ModeOptions

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
        let flags = KubeProxyFlags.ofProcess
        guard let path = kubeProxy.config else {
            return try await start(KubeProxyConfiguration(flags: flags.given), nil, flags)
        }
        let file = try ConfigurationFile(path)
        var own = flags.own
        if own.first == Self.configuration.commandName { own.removeFirst() }
        let command = try Self.checked(file, beside: own)
        var described = file.configuration
        if let name = command.nodeName { described.set("hostnameOverride", .string(name)) }
        try await command.start(described, file, flags)
    }

    /// The command that a configuration file stands for.
    ///
    /// - Parameter own: options beside it, which overrule it.
    /// - Throws: `ConfigurationError` that names the file and the field.
    static func checked(_ file: ConfigurationFile, beside own: [String] = []) throws(ConfigurationError) -> RunCommand {
        do {
            let command = try RunCommand.parse(file.arguments + own)
            _ = try command.settings()
            return command
        } catch let error as ConfigurationError {
            throw file.inItsTerms(error.description)
        } catch {
            throw file.inItsTerms(message(for: error))
        }
    }

    /// What the options mean, but for where the objects come from.
    private func settings() throws(ConfigurationError) -> ProxySettings {
        try mode.check()
        return ProxySettings(
            tables: try traffic.tables(repeatsDispatch: KernelVersion.running < KernelVersion(6, 17)),
            conntrack: conntrack.settings, status: try status.settings())
    }

    private func start(
        _ described: KubeProxyConfiguration, _ file: ConfigurationFile?, _ flags: KubeProxyFlags
    ) async throws {
        let logger = log.makeLogger()
        if kubeProxy.cleanupKubeProxy { try KubeProxyRemains.remove(logger) }
        if cleanup { return try ProxyDaemon.cleanUp(logger) }
        if kubeProxy.cleanupKubeProxy { return }
        if let path = kubeProxy.writeConfigTo { return try described.write(to: path) }
        var settings = try settings()
        if kubeProxy.initOnly { return Self.prepare(settings.conntrack, logger) }
        // Not in `validate`, which comes before unknown options and words are named.
        let origin = try source.origin()
        if case .cluster = origin { try allocation.demandUnused() }
        settings.tables.ownsTables = tableOwner
        let configuration = ProxyConfiguration(
            origin: origin, nodeName: nodeName?.lowercased() ?? HostName.current, settings: settings,
            allocation: try allocation.settings(serviceCIDRs: settings.tables.serviceCIDRs),
            document: described.document, file: file.map { ($0.path, $0.content) })
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
        mode.tell(logger)
        Self.tell(flags, file, logger)
        mode.adjustScore(logger)
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

    /// Does what needs more rights than the daemon itself, which can then run without them.
    private static func prepare(_ conntrack: ConntrackSettings, _ logger: Logger) {
        ServiceModules.load(logger)
        conntrack.apply(logger)
    }

    /// Says what of kube-proxy's configuration has no effect, or another one.
    private static func tell(_ flags: KubeProxyFlags, _ file: ConfigurationFile?, _ logger: Logger) {
        for (flag, reason) in flags.idle { logger.notice("\(flag) has no effect: \(reason)") }
        guard let file else { return }
        for name in flags.overruled { logger.warning("--\(name) has no effect beside --config, as with kube-proxy") }
        for remark in file.remarks { logger.notice("\(remark)", metadata: ["file": "\(file.path)"]) }
    }
}
