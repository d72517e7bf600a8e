import Frontends
import KubeModel
import ProxyDaemon
import Synchronization

/// An inbox that hands out batches one after the other, and lets time pass when there is none.
final class Script: Inbox {
    private var batches: [[SourceUpdate]]
    private let between: [Int: () -> Void]
    private let hasInput: () -> Bool
    private var taken = 0
    private(set) var now: UInt64 = 1_000_000_000
    /// The time-outs that it was asked to wait for, in milliseconds.
    private(set) var pauses: [Int] = []
    private(set) var isClosed = false

    /// - Parameter hasInput: whether the watched descriptor has some.
    init(_ batches: [[SourceUpdate]], _ between: [Int: () -> Void], hasInput: @escaping () -> Bool) {
        self.hasInput = hasInput
        self.batches = batches
        self.between = between
    }

    func takeAll(timeout: Int?, watching descriptor: Int32?) -> (messages: [SourceUpdate], hasInput: Bool) {
        // A retry comes first: the next batch is for a dataplane that has settled.
        if let timeout, timeout < 4000, taken > 0 {
            pauses.append(timeout)
            now += UInt64(timeout) * 1_000_000
            return ([], false)
        }
        guard !batches.isEmpty else {
            isClosed = true
            return ([], false)
        }
        between[taken]?()
        taken += 1
        return (batches.removeFirst(), descriptor != nil && hasInput())
    }
}

/// Takes note of what would be looked for.
final class NotedFlows: FlowCleaning {
    private let rules = Mutex<[FlowRules]>([])

    var noted: [FlowRules] { rules.withLock(\.self) }

    func begin(_ new: FlowRules) -> Bool {
        rules.withLock { $0.append(new) }
        return true
    }
}

/// Takes note of what load balancers would be told.
final class NotedChecks: HealthChecking {
    private let state = Mutex<[HealthCheckChanges]>([])

    var noted: [HealthCheckChanges] { state.withLock(\.self) }

    func take(_ changes: HealthCheckChanges) { state.withLock { $0.append(changes) } }
}

/// Counts how often firewalls would be looked for.
final class NotedSearches: FirewallWatching {
    private let state = Mutex(0)

    var count: Int { state.withLock(\.self) }

    func begin() -> Bool {
        state.withLock { $0 += 1 }
        return true
    }
}
