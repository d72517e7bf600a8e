import Daemons
import Frontends
import LinuxSystem
import Logging
import NetworkTypes
import ServiceTables

/// What `/metrics` answers.
struct MetricsEndpoint: Sendable {
    private let board: StatusBoard
    private let metrics: MetricsBoard
    private let probes: ProbeCounts
    private let requests: @Sendable () -> [MetricFamily]
    /// Nil where connections are not said for each Service.
    private let connections: SideJob?

    /// - Parameter requests: what the source of objects counts.
    init(
        _ board: StatusBoard, _ metrics: MetricsBoard, _ probes: ProbeCounts, countsConnections: Bool,
        requests: @escaping @Sendable () -> [MetricFamily], _ logger: Logger
    ) {
        self.board = board
        self.metrics = metrics
        self.probes = probes
        self.requests = requests
        connections = countsConnections ? SideJob("counters", logger) : nil
    }

    /// The kernel's counters are read on a thread of their own: where there are many Services that takes a while.
    func answer() -> HTTPAnswer {
        guard let connections else { return .now(response([])) }
        return .later { respond in
            let hasBegun = connections.begin { respond(response(Self.connectionFamilies())) }
            // Somebody else asks at the same time, and there is one reading at a time.
            if !hasBegun { respond(.text(status: 503, "the counters are being read for somebody else\n")) }
        }
    }

    private func response(_ more: [MetricFamily]) -> HTTPResponse {
        let build = MetricFamily(
            "kubernetes_build_info", .gauge, "1, with the version of the program that runs.",
            samples: [.init([.init("git_version", "fairway-\(Release.version)")], .number(1))])
        let families =
            metrics.current.families(board.current) + probes.families + requests() + more + [build]
            + MetricFamily.process(.current)
        return HTTPResponse(
            status: 200, [.init("Content-Type", PrometheusText.contentType)],
            body: PrometheusText.text(families.sorted { $0.name < $1.name }))
    }

    private static func connectionFamilies() -> [MetricFamily] {
        guard let live = try? LiveServices(), let rows = try? live.rows(), let counts = try? live.connections() else {
            return []
        }
        var sums: [String: UInt64] = [:]
        for row in rows { if let count = counts[row.frontend] { sums[row.owner, default: 0] += count } }
        return [
            MetricFamily(
                "fairway_proxy_service_connections_total", .counter,
                "New connections to all frontends of a Service's port.",
                samples: sums.sorted { $0.key < $1.key }.map { owner, count in
                    .init(labels(ofOwner: owner), .number(Double(count)))
                })
        ]
    }

    /// - Parameter owner: `namespace/name` or `namespace/name:port`.
    private static func labels(ofOwner owner: String) -> [MetricFamily.Label] {
        let (service, port) = halves(owner, at: ":")
        let (namespace, name) = halves(service, at: "/")
        return [.init("namespace", namespace), .init("service", name), .init("port", port)]
    }

    private static func halves(_ text: String, at separator: Character) -> (String, String) {
        let first = text.prefix { $0 != separator }
        return (String(first), String(text[first.endIndex...].dropFirst()))
    }
}
