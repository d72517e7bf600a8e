import Daemons
import Frontends
import KubeModel
import LinuxSystem
import NetworkTypes

/// What was delivered since the kernel last had everything, for the metrics.
struct ChangeTally {
    /// When the endpoints changed that slices tell of, by the slices' family: nanoseconds since 1970.
    private var triggers: [(family: IPFamily, time: Int64)] = []
    /// What happened before the daemon's start was late through no fault of its own.
    private let start = WallClock.nanoseconds

    /// Slices whose times are kept until the next sync; figures do not get better by more.
    private static let limit = 10_000

    mutating func note(_ updates: [SourceUpdate], _ metrics: MetricsBoard) {
        var (services, endpoints) = (0, 0)
        for change in updates.lazy.flatMap(\.changes) {
            switch change.id.kind {
            case .service: services += 1
            case .endpointSlice, .endpoints: endpoints += 1
            case .node, .serviceCIDR: break
            }
            if case .set(.endpointSlice(let slice)) = change, let time = slice.changedAt, let family = slice.family,
                time >= start, triggers.count < Self.limit
            {
                triggers.append((family, time))
            }
        }
        let now = WallClock.nanoseconds
        metrics.update { metrics in
            metrics.serviceChanges += services
            metrics.endpointChanges += endpoints
            metrics.pendingServiceChanges += services
            metrics.pendingEndpointChanges += endpoints
            metrics.lastQueued = Double(now) / 1e9
        }
    }

    /// Takes note that the kernel has everything.
    ///
    /// - Parameters:
    ///   - seconds: what the sync took.
    ///   - gaps: nil where they are as they were.
    mutating func noteSync(
        _ report: CommitReport, seconds: Double, _ statistics: BackendStatistics, _ gaps: LocalGaps?,
        _ metrics: MetricsBoard
    ) {
        let now = WallClock.nanoseconds
        let triggers = triggers
        self.triggers = []
        metrics.update { metrics in
            if report.isFull {
                metrics.fullSyncs.observe(seconds)
            } else if report.commits > 0 || metrics.pendingServiceChanges + metrics.pendingEndpointChanges > 0 {
                metrics.partialSyncs.observe(seconds)
            }
            if report.commits > 0 { metrics.commits.observe(seconds) }
            for (family, time) in triggers {
                metrics.programming[family, default: ProxyMetrics.programmingHistogram].observe(
                    Double(max(0, now - time)) / 1e9)
            }
            metrics.pendingServiceChanges = 0
            metrics.pendingEndpointChanges = 0
            metrics.lastSync = Double(now) / 1e9
            metrics.backend = statistics
            if let gaps { metrics.localGaps = gaps }
        }
    }
}
