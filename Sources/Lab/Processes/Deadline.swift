import Glibc
import LinuxSystem

/// A moment on the monotonic clock that bounds a wait.
package struct Deadline: Sendable {
    private let end: ContinuousClock.Instant

    package init(_ limit: Duration) { end = .now + limit }

    package var hasPassed: Bool { ContinuousClock.now >= end }

    /// The time left in whole milliseconds, rounded up; 0 once the moment has passed.
    package var milliseconds: Int32 {
        let left = end - .now
        guard left > .zero else { return 0 }
        let parts = left.components
        return Int32(clamping: parts.seconds * 1000 + (parts.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    /// Waits for an event on a descriptor; false when the moment passes first.
    func poll(_ fd: Int32, _ events: Int32) -> Bool {
        while true {
            var entry = pollfd(fd: fd, events: Int16(truncatingIfNeeded: events), revents: 0)
            let ready = unsafe Glibc.poll(&entry, 1, milliseconds)
            if ready > 0 { return true }
            if ready == 0 && hasPassed { return false }
            if ready < 0 && Errno.current != .interrupted { return false }
        }
    }
}

/// Asks again, every few milliseconds, until a condition holds.
///
/// - Parameter what: the end of the sentence "waited … for", for the error.
/// - Throws: `LabError` when it does not hold in time.
package func waitUntil(_ what: String, within limit: Duration, _ condition: () throws -> Bool) throws {
    let deadline = Deadline(limit)
    while true {
        if try condition() { return }
        if deadline.hasPassed { throw LabError("waited \(limit) for \(what)") }
        usleep(2000)
    }
}
