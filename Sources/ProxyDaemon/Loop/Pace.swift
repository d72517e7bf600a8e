/// When something is done that was asked for: soon, and no sooner than an interval after the last time.
///
/// Times are nanoseconds of a monotonic clock.
struct Pace {
    private let interval: UInt64
    private var askedAt: UInt64?
    private var notBefore: UInt64 = 0

    init(interval: UInt64) { self.interval = interval }

    mutating func ask(now: UInt64) { askedAt = askedAt ?? now }

    /// Nil while nobody has asked.
    var deadline: UInt64? { askedAt.map { max($0, notBefore) } }

    /// Whether now is the time; the request is met by that.
    mutating func take(now: UInt64) -> Bool {
        guard let deadline, now >= deadline else { return false }
        askedAt = nil
        notBefore = now + interval
        return true
    }
}
