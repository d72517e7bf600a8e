package import KubeModel
package import LinuxSystem
package import Logging
import Synchronization

/// The objects of a Kubernetes API server: each kind is listed and watched by itself.
///
/// While the server is away what was delivered stays; afterwards what differs is delivered.
package final class KubernetesSource: ObjectSource {
    private let access: ClusterAccess
    private let tally: RequestTally
    private let resources: [Resource]
    private let delivery: Delivery
    private let logger: Logger
    private let following = Mutex<Task<Void, Never>?>(nil)

    /// - Parameter tally: of the requests; nil where nobody reads it.
    package init(
        _ access: ClusterAccess, _ resources: [Resource], _ logger: Logger, tally: RequestTally? = nil
    ) throws(SystemError) {
        self.access = access
        self.tally = tally ?? RequestTally(of: access)
        self.resources = resources
        self.logger = logger
        delivery = try Delivery(resources.map(\.kind))
    }

    /// Begins to follow all kinds.
    ///
    /// - Throws: `CredentialError` for a way to the server that cannot be gone; a server that does not answer is asked on.
    package func start(deliver: @escaping @Sendable (SourceUpdate) -> Void) throws {
        let (resources, delivery, tally, logger) = (resources, delivery, tally, logger)
        let isFirst = try following.withLock { following in
            guard following == nil else { return false }
            let (server, history) = (try APIServer(access, tally), SharedHistory())
            following = Task {
                await withDiscardingTaskGroup { group in
                    for resource in resources {
                        group.addTask { await Follow(resource, server, delivery, history, logger).run() }
                    }
                }
                await server.shutDown()
            }
            return true
        }
        guard isFirst else { return }
        // Whoever takes the updates may block, which no thread of the concurrency pool may.
        try DedicatedThread.start("api-updates") {
            while let update = delivery.take() { deliver(update) }
        }
    }

    package func stop() {
        following.withLock { $0?.cancel() }
        delivery.close()
    }
}
