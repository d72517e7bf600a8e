import Synchronization

/// What the dataplane's thread says of itself after each step.
///
/// Times are nanoseconds of a monotonic clock.
package struct DataplaneStatus: Sendable, Hashable {
    /// All objects of the start are in the kernel.
    package var isReady = false
    /// False while the own Node is about to be taken away; a Node that is gone is as it was last.
    package var isNodeEligible = true
    /// When the kernel last had everything that had been delivered, what it refuses apart.
    package var lastSync: UInt64?
    /// Since when the kernel lacks something that was delivered; nil while it has everything but what it refuses.
    package var pendingSince: UInt64?
    package var frontends = 0
    package var endpoints = 0
    /// Files and objects that cannot be used at present.
    package var unreadable = 0
    /// Frontends that the kernel refuses to take.
    package var refused = 0
    /// Transactions that the kernel took since the start.
    package var commits = 0
    /// How often something was mended that others had changed.
    package var repairs = 0
    /// How often a commit failed.
    package var failures = 0
    /// The namespace's generation when tables were last compared with it.
    package var generation: UInt32?
    /// Why the last attempt failed; nil where it did not.
    package var lastError: String?

    package init() {}

    /// Whether the kernel had everything not long ago.
    ///
    /// - Parameters:
    ///   - now: nanoseconds of the same clock.
    ///   - patience: nanoseconds; a minute, as kube-proxy has it where nobody says otherwise.
    package func isHealthy(now: UInt64, patience: UInt64 = 60_000_000_000) -> Bool {
        pendingSince.map { now < $0 + patience } ?? true
    }
}

/// Where the dataplane's thread leaves its status, for others to read while it works.
package final class StatusBoard: Sendable {
    private let status = Mutex(DataplaneStatus())

    package init() {}

    /// The last status; it never waits for a commit.
    package var current: DataplaneStatus { status.withLock(\.self) }

    package func publish(_ new: DataplaneStatus) { status.withLock { $0 = new } }
}
