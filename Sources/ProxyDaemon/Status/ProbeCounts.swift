import Daemons
import Synchronization

/// How often probes were answered, and how.
final class ProbeCounts: Sendable {
    enum Probe { case healthz, livez }

    /// By the status code.
    private let counts = Mutex<[Probe: [Int: Int]]>([:])

    /// The response, counted.
    func noted(_ probe: Probe, _ response: HTTPResponse) -> HTTPResponse {
        counts.withLock { $0[probe, default: [:]][response.status, default: 0] += 1 }
        return response
    }

    var families: [MetricFamily] {
        let counts = counts.withLock(\.self)
        return [
            Self.family(
                "kubeproxy_proxy_healthz_total", "Answers of /healthz, by their status.", counts[.healthz] ?? [:]),
            Self.family("kubeproxy_proxy_livez_total", "Answers of /livez, by their status.", counts[.livez] ?? [:]),
        ]
    }

    private static func family(_ name: String, _ help: String, _ counts: [Int: Int]) -> MetricFamily {
        MetricFamily(
            name, .counter, help,
            samples: counts.sorted { $0.key < $1.key }.map {
                .init([.init("code", "\($0.key)")], .number(Double($0.value)))
            })
    }
}
