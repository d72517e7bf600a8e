package import Daemons
import JSON
import KubeClient
import KubeModel
import LinuxSystem
package import Logging
import NFTables
import ServiceLifecycle
import ServiceTables
import Synchronization
import TableKeeper

/// The daemon: a source and a dataplane, each on a thread of its own, until it is told to end.
///
/// Ending leaves the rules in the kernel: services go on, and the next start adopts them.
package struct ProxyDaemon: ServiceLifecycle.Service {
    /// The abstract sockets that keep a second daemon out of a network namespace: this name, and one that begins so.
    package static let lockName = "fairway-proxy"

    private let configuration: ProxyConfiguration
    private let logger: Logger
    private let board = StatusBoard()
    private let metrics = MetricsBoard()

    /// What the dataplane last said of itself.
    package var status: DataplaneStatus { board.current }

    package init(_ configuration: ProxyConfiguration, _ logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Runs until graceful shutdown.
    ///
    /// - Throws: when the folder or the allocations can't be read, the netlink socket can't be opened or another daemon runs already.
    package func run() async throws {
        let lock = try Self.lock("a second daemon would undo its rules", logger)
        let mailbox = try Mailbox<SourceUpdate>()
        let origin = try configuration.origin.open(onNode: configuration.nodeName, logger)
        let events = DaemonEvents(origin.events, nodeName: configuration.nodeName)
        let source: any ObjectSource = try AllocatingSource(origin.source, configuration.allocation, logger)
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        let failure = Mutex<(any Error)?>(nil)
        // The first one counts.
        let fail: @Sendable (any Error) -> Void = { error in
            failure.withLock { $0 = $0 ?? error }
            end.finish()
        }
        let server = HTTPServer(logger)
        let addresses = try AddressWatch()
        StatusServer(
            configuration.settings.status, board, metrics, configuration: Self.shown(configuration.document),
            events, requests: { origin.families }, logger
        ).start(server, failed: fail)
        let watch = try startWatch { end.finish() }
        try startDataplane(mailbox, try surroundings(server, addresses, events)) { error in
            if let error { fail(error.withCure) } else { end.finish() }
        }
        do {
            try source.start { mailbox.put($0) }
        } catch {
            mailbox.close()
            throw error
        }
        events.started()
        await withGracefulShutdownHandler {
            for await _ in ended {}
        } onGracefulShutdown: {
            source.stop()
            mailbox.close()
        }
        source.stop()
        addresses.stop()
        watch?.stop()
        await server.shutDown()
        await origin.events?.stop()
        withExtendedLifetime(lock) {}
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// What `/configz` says: the configuration under its group, as all components of Kubernetes have it.
    private static func shown(_ document: JSONValue) -> JSONValue {
        .object(JSONObject([KubeProxyConfiguration.group: document]))
    }

    /// Ends the daemon when its configuration file says something else, as kube-proxy does: its supervisor starts it anew.
    private func startWatch(_ end: @escaping @Sendable () -> Void) throws -> ConfigurationWatch? {
        guard let file = configuration.file else { return nil }
        let watch = try ConfigurationWatch(file.path)
        try watch.start(file.content, logger) { [logger] in
            logger.notice(
                "the configuration file has changed: ends, to be started anew", metadata: ["file": "\(file.path)"])
            end()
        }
        return watch
    }

    /// What works beside the dataplane.
    private func surroundings(
        _ server: HTTPServer, _ addresses: AddressWatch, _ events: DaemonEvents
    ) throws -> Surroundings {
        let patience = configuration.settings.status.patience
        let health = HealthCheckServer(
            server, configuration.settings.tables, logger,
            failed: { events.cannotListen(for: $0, $1, $2) }
        ) { [board] in
            board.current.isHealthy(now: MonotonicClock.now, patience: patience)
        }
        try addresses.start(logger) { health.set(ownAddresses: $0) }
        return Surroundings(
            flows: FlowCleaner(metrics, logger), health: health, firewalls: FirewallWatch(logger), board: board,
            metrics: metrics, logger: logger)
    }

    private func startDataplane(
        _ mailbox: Mailbox<SourceUpdate>, _ surroundings: Surroundings,
        _ ended: @escaping @Sendable (BackendError?) -> Void
    ) throws {
        let configuration = configuration
        try DedicatedThread.start("dataplane") {
            ServiceModules.load(surroundings.logger)
            configuration.settings.conntrack.apply(surroundings.logger)
            var tables = configuration.settings.tables
            tables.dropsInvalid = !ConntrackSettings.isLiberal
            // The socket belongs to this thread.
            let backend = NFTablesBackend(KernelConnection(), tables)
            var dataplane = Dataplane(nodeName: configuration.nodeName, backend, surroundings) { MonotonicClock.now }
            do throws(BackendError) {
                try dataplane.run(mailbox)
                ended(nil)
            } catch {
                ended(error)
            }
        }
    }

    /// Removes everything that a daemon ever made in this network namespace.
    ///
    /// - Throws: when a daemon is alive, a later release made the tables, or the kernel refuses.
    package static func cleanUp(_ logger: Logger) throws {
        let lock = try lock("stop it before cleanup, or it would make its rules again", logger)
        do throws(KeeperError) {
            try ProxyCleanup.removeTables(logger)
        } catch {
            throw BackendError(error).withCure
        }
        withExtendedLifetime(lock) {}
    }

    private static func lock(_ reason: String, _ logger: Logger) throws -> InstanceLock {
        do throws(InstanceLock.Failure) {
            let lock = try InstanceLock(name: lockName)
            for stranger in lock.strangers {
                logger.warning(
                    "somebody who is not root holds this daemon's name; passed over, end it",
                    metadata: ["name": "@\(stranger.name)", "holder": "\(stranger.words)"])
            }
            return lock
        } catch {
            switch error {
            case .held(let holder):
                throw ConfigurationError(
                    "fairway-proxy runs already in this network namespace, \(holder.words): \(reason)")
            case .obstructed(let holders):
                let words = holders.map { "@\($0.name) by \($0.words)" }.joined(separator: ", ")
                throw ConfigurationError(
                    "others who are not root hold the names that tell daemons of each other (\(words)): end them")
            case .system(let error): throw error
            }
        }
    }
}

extension InstanceLock.Holder {
    fileprivate var words: String {
        (pid > 0 ? "pid \(pid)" : "with a pid that cannot be seen from here")
            + (user.map { $0 == 0 ? "" : ", user \($0)" } ?? "")
    }
}

extension BackendError {
    /// The same error for people, with what to do about it where that is known.
    fileprivate var withCure: ConfigurationError {
        isForbidden
            ? ConfigurationError("\(self); it needs CAP_NET_ADMIN: run it as root") : ConfigurationError("\(self)")
    }
}
