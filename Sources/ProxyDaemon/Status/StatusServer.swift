import Daemons
import Frontends
import JSON
import LinuxSystem
import Logging
import NetworkTypes

/// The daemon's status endpoints: probes ask at one address, Prometheus and people at another.
struct StatusServer: Sendable {
    enum Purpose: String, Sendable {
        case health = "healthz"
        case metrics = "metrics"
    }

    private let events: DaemonEvents
    private let settings: StatusSettings
    private let health: HealthEndpoint
    private let counts: ProbeCounts
    private let metrics: MetricsEndpoint
    private let configuration: String

    /// - Parameter configuration: what `/configz` says.
    init(
        _ settings: StatusSettings, _ board: StatusBoard, _ metrics: MetricsBoard, configuration: JSONValue,
        _ events: DaemonEvents, requests: @escaping @Sendable () -> [MetricFamily], _ logger: Logger
    ) {
        self.events = events
        self.settings = settings
        self.configuration = configuration.serialized
        health = HealthEndpoint(board, patience: settings.patience) {
            BridgeNetfilter.isPresent ? [] : ["\(BridgeNetfilter.complaint); \(BridgeNetfilter.cure)"]
        }
        counts = ProbeCounts()
        self.metrics = MetricsEndpoint(
            board, metrics, counts, countsConnections: settings.countsConnections, requests: requests, logger)
    }

    /// Listens from now on.
    ///
    /// - Parameter failed: told of an address that cannot be had, where that is to end the daemon.
    func start(_ server: HTTPServer, failed: @escaping @Sendable (ConfigurationError) -> Void) {
        serve(server, settings.health, .health, probes, failed)
        serve(server, settings.metrics, .metrics, inquiries, failed)
    }

    private func serve(
        _ server: HTTPServer, _ endpoints: [HTTPEndpoint], _ purpose: Purpose, _ routes: HTTPRoutes,
        _ failed: @escaping @Sendable (ConfigurationError) -> Void
    ) {
        for endpoint in endpoints {
            // A machine without IPv6 has its IPv4 wildcard alone.
            if endpoint.address.family == .ipv6, endpoints.count > 1, !IPv6.isPresent { continue }
            let fails: @Sendable (Errno) -> Void = { [events, settings] reason in
                events.cannotListen(purpose, endpoint, reason)
                guard settings.failsHard else { return }
                failed(
                    ConfigurationError(
                        "--\(purpose.rawValue)-bind-address: cannot listen at \(endpoint): \(reason); end who does, or leave out --bind-address-hard-fail"
                    ))
            }
            server.serve(endpoint, purpose.rawValue, failed: fails) { routes.answer($0) }
        }
    }

    private var probes: HTTPRoutes {
        HTTPRoutes([
            "/healthz": { _ in .now(counts.noted(.healthz, health.healthz())) },
            "/livez": { _ in .now(counts.noted(.livez, health.livez())) },
            "/readyz": { _ in .now(health.readyz()) },
        ])
    }

    private var inquiries: HTTPRoutes {
        HTTPRoutes([
            "/metrics": { _ in metrics.answer() }, "/proxyMode": { _ in .now(.text("nftables")) },
            "/configz": { _ in .now(.json(status: 200, configuration)) }, "/healthz": { _ in .now(.text("ok")) },
        ])
    }
}
