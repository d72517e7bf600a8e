package import Daemons
package import Frontends
package import NetworkTypes
import Synchronization

/// What the daemon counts beside its status, for `/metrics`.
///
/// Moments are seconds since 1970, durations seconds.
package struct ProxyMetrics: Sendable, Hashable {
    /// Versions and removals of Services, and of what names endpoints, that were delivered.
    package var serviceChanges = 0
    package var endpointChanges = 0
    /// Those among them that the kernel does not have yet.
    package var pendingServiceChanges = 0
    package var pendingEndpointChanges = 0
    package var lastQueued = 0.0
    package var lastSync = 0.0
    package var failedSyncs = 0
    /// From the first step of a sync to the kernel's acknowledgement.
    package var fullSyncs = Self.syncHistogram
    package var partialSyncs = Self.syncHistogram
    /// The same of those that sent something, in buckets that fit them.
    package var commits = Histogram(bounds: Histogram.exponential(from: 0.000_05, factor: 2, count: 18))
    /// From what a slice tells of to the kernel's acknowledgement.
    package var programming: [IPFamily: Histogram] = [:]
    package var flowWalks: [IPFamily: Histogram] = [:]
    package var endedFlows: [IPFamily: Int] = [:]
    package var localGaps = LocalGaps()
    package var backend = BackendStatistics()

    package init() {}

    /// kube-proxy's bounds: 1 ms to 16.384 s.
    static let syncHistogram = Histogram(bounds: Histogram.exponential(from: 0.001, factor: 2, count: 15))

    /// kube-proxy's bounds: of the service level indicator for the time until a network is programmed.
    static let programmingHistogram = Histogram(
        bounds: [0, 0.25, 0.5] + (1...60).map { Double($0) } + stride(from: 65, through: 120, by: 5)
            + stride(from: 150, through: 300, by: 30))
}

/// Where threads leave what they count, for others to read while they work.
package final class MetricsBoard: Sendable {
    private let metrics = Mutex(ProxyMetrics())

    package init() {}

    package var current: ProxyMetrics { metrics.withLock(\.self) }

    package func update(_ body: (inout ProxyMetrics) -> Void) { metrics.withLock { body(&$0) } }
}
