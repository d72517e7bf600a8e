import Frontends

/// When stale flows are looked for: soon after a commit that may have left some, and at most once a second.
///
/// A walk through the kernel's connections takes 11 ms even where there are none, so what gathers meanwhile goes together.
struct FlowCleanup {
    private var waiting: Set<Frontend> = []
    private var nextWalk: UInt64 = 0

    /// Nanoseconds.
    private static let interval: UInt64 = 1_000_000_000

    mutating func note(_ frontends: Set<Frontend>) { waiting.formUnion(frontends) }

    /// When to call `takeDue`, in nanoseconds of a monotonic clock; nil while nothing waits.
    var deadline: UInt64? { waiting.isEmpty ? nil : nextWalk }

    /// Hands over the frontends to look at; empty while it is too soon.
    mutating func takeDue(now: UInt64) -> Set<Frontend> {
        guard !waiting.isEmpty, now >= nextWalk else { return [] }
        defer { waiting = [] }
        nextWalk = now + Self.interval
        return waiting
    }
}
