import LinuxSystem
package import Logging
import ManifestSource
import NFTables
import ServiceLifecycle
import Synchronization

/// The daemon: a source and a dataplane, each on a thread of its own, until it is told to end.
///
/// Ending leaves the rules in the kernel: services go on, and the next start adopts them.
package struct ProxyDaemon: Service {
    /// The abstract socket that keeps a second daemon out of a network namespace.
    package static let lockName = "fairway-proxy"

    private let configuration: ProxyConfiguration
    private let logger: Logger

    package init(_ configuration: ProxyConfiguration, _ logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Runs until graceful shutdown.
    ///
    /// - Throws: when the folder can't be read, the netlink socket can't be opened or another daemon runs already.
    package func run() async throws {
        let lock = try Self.lock("a second daemon would undo its rules")
        let mailbox = try Mailbox<SourceUpdate>()
        let source = ManifestSource(directory: configuration.manifests, logger: logger)
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        let failure = Mutex<NFTablesError?>(nil)
        try startDataplane(mailbox) { error in
            failure.withLock { $0 = error }
            end.finish()
        }
        try source.start { mailbox.put($0) }
        await withGracefulShutdownHandler {
            for await _ in ended {}
        } onGracefulShutdown: {
            source.stop()
            mailbox.close()
        }
        source.stop()
        withExtendedLifetime(lock) {}
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private func startDataplane(
        _ mailbox: Mailbox<SourceUpdate>, _ ended: @escaping @Sendable (NFTablesError?) -> Void
    ) throws {
        let (configuration, logger) = (configuration, logger)
        try DedicatedThread.start("dataplane") {
            do throws(NFTablesError) {
                var dataplane = try Dataplane(configuration, logger)
                dataplane.run(mailbox)
                ended(nil)
            } catch {
                ended(error)
            }
        }
    }

    /// Removes everything that a daemon ever made in this network namespace.
    ///
    /// - Throws: when a daemon is alive, or the kernel refuses.
    package static func cleanUp(_ logger: Logger) throws {
        let lock = try lock("stop it before cleanup, or it would make its rules again")
        try ProxyCleanup.removeTables(logger)
        withExtendedLifetime(lock) {}
    }

    private static func lock(_ reason: String) throws -> InstanceLock {
        do throws(InstanceLock.Failure) {
            return try InstanceLock(name: lockName)
        } catch {
            switch error {
            case .held(let pid):
                throw ConfigurationError(
                    "fairway-proxy runs already in this network namespace, pid \(pid): \(reason)")
            case .system(let error): throw error
            }
        }
    }
}
