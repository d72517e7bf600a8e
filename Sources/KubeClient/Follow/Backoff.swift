/// How long to wait before the next attempt after several that failed: decorrelated, so that clients that a server lost
/// together do not come back together.
package struct Backoff: Sendable {
    /// In milliseconds.
    private static let shortest = 200
    /// In milliseconds; a server's own wish does not count beyond it.
    package static let longest = 30_000

    private var last = 0

    package init() {}

    /// Milliseconds until the next attempt.
    ///
    /// - Parameter wish: what the server asks for, in seconds (`Retry-After`).
    package mutating func delay(
        wish: Int? = nil, _ random: (ClosedRange<Int>) -> Int
    ) -> Int {
        last = min(Self.longest, random(Self.shortest...3 * max(Self.shortest, last)))
        guard let wish, wish > 0 else { return last }
        let wished = min(wish, Self.longest / 1000) * 1000
        // Not all of those who were told the same at the same moment.
        return max(last, min(Self.longest, wished + random(0...max(1, wished / 4))))
    }

    /// The next failure is the first.
    package mutating func reset() { last = 0 }
}
