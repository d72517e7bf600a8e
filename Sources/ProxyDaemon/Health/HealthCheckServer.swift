package import Daemons
package import Frontends
package import KubeModel
package import LinuxSystem
package import Logging
package import NetworkTypes
package import ServiceTables
import Synchronization

/// Hears of what load balancers are to be told of this node.
package protocol HealthChecking: Sendable {
    func take(_ changes: HealthCheckChanges)
}

/// Answers load balancers that ask whether this node serves a Service, as kube-proxy does: any method and any path, 200
/// where the node has ready endpoints and its rules are kept, else 503, and how many in a header.
package final class HealthCheckServer: HealthChecking {
    private let server: HTTPServer
    private let plan = Mutex(HealthCheckPlan())
    private let options: ServiceTableOptions
    private let logger: Logger
    private let isHealthy: @Sendable () -> Bool
    private let failed: @Sendable (NamespacedName, HTTPEndpoint, Errno) -> Void

    /// - Parameters:
    ///   - options: on which of the node's addresses node ports answer, and so these.
    ///   - failed: told of an address that cannot be had for a Service, on the server's thread.
    ///   - isHealthy: whether the rules are kept; called for each request, on the server's thread.
    package init(
        _ server: HTTPServer, _ options: ServiceTableOptions, _ logger: Logger,
        failed: @escaping @Sendable (NamespacedName, HTTPEndpoint, Errno) -> Void = { _, _, _ in },
        isHealthy: @escaping @Sendable () -> Bool
    ) {
        self.failed = failed
        self.server = server
        self.options = options
        self.logger = logger
        self.isHealthy = isHealthy
    }

    package func take(_ changes: HealthCheckChanges) {
        let ranges = Dictionary(
            uniqueKeysWithValues: IPFamily.allCases.map { ($0, options.nodePortRanges($0, changes.node)) })
        change { $0.take(changes.checks, ranges) }
    }

    /// Takes in the node's addresses, loopback's among them, after each change.
    package func set(ownAddresses: Set<IPAddress>) {
        change { $0.set(ownAddresses: ownAddresses) }
        // One that was there may be usable only now: an IPv6 address, once nobody else turned out to have it.
        server.retry()
    }

    /// What the server is told is in the order of the changes, because the lock is held meanwhile.
    private func change(_ body: (inout HealthCheckPlan) -> HealthCheckPlan.Steps) {
        plan.withLock { plan in
            let before = plan.contested
            let steps = body(&plan)
            for (port, names) in plan.contested where before[port] != names {
                logger.warning(
                    "several Services have one healthCheckNodePort; it answers for the first",
                    metadata: [
                        "port": "\(port)", "services": "\(names.map(\.description).joined(separator: ", "))",
                    ])
            }
            for endpoint in steps.ended { server.end(endpoint) }
            for endpoint in steps.begun {
                guard let service = plan.asked[endpoint] else { continue }
                let failed = failed
                server.serve(
                    endpoint, "healthCheckNodePort of \(service)", failed: { failed(service, endpoint, $0) }
                ) { [self] _ in
                    .now(answer(service, endpoint.address.family))
                }
            }
        }
    }

    private func answer(_ service: NamespacedName, _ family: IPFamily) -> HTTPResponse {
        let count = plan.withLock { $0.localEndpoints(of: service, family) }
        let isHealthy = isHealthy()
        // Names are DNS labels: nothing in them needs escaping.
        let body = """
            {
            \t"service": {
            \t\t"namespace": "\(service.namespace)",
            \t\t"name": "\(service.name)"
            \t},
            \t"localEndpoints": \(count),
            \t"serviceProxyHealthy": \(isHealthy)
            }
            """
        return .json(
            status: count > 0 && isHealthy ? 200 : 503, body,
            [HTTPResponse.Field("X-Load-Balancing-Endpoint-Weight", "\(count)")])
    }
}
