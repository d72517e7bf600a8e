/// When to look again at files that somebody writes, because nothing need tell of their last writer's close.
///
/// Soon after a file began to be waited for, because the kernel reports a close a moment before it forgets the writer,
/// then ever less often, because a file may stay open for days.
package struct CloseLooks {
    /// In nanoseconds.
    private static let first: UInt64 = 2_000_000
    private static let longest: UInt64 = 50_000_000

    private var pause = first
    /// nil while no file is waited for.
    private var next: UInt64?
    private var awaited = 0

    package init() {}

    /// - Parameter count: of the files that are waited for.
    package mutating func await(_ count: Int, now: UInt64) {
        if count > awaited || next == nil {
            pause = Self.first
            next = now + pause
        }
        awaited = count
        if count == 0 { next = nil }
    }

    /// How long to wait, in ms, rounded up; nil where nothing is waited for.
    package func patience(now: UInt64) -> Int? { next.map { Int(($0 - min($0, now) + 999_999) / 1_000_000) } }

    /// Whether it is time to look; if so, the next time is later.
    package mutating func take(now: UInt64) -> Bool {
        guard let next, next <= now else { return false }
        pause = min(2 * pause, Self.longest)
        self.next = now + pause
        return true
    }
}
