import Glibc

/// The clock that only goes forward, `CLOCK_MONOTONIC`.
package enum MonotonicClock {
    /// Nanoseconds since some moment before now.
    package static var now: UInt64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// A wait of the calling thread, for what gives no sign when it is over.
package enum Pause {
    package static func milliseconds(_ count: Int) {
        var time = timespec(tv_sec: count / 1000, tv_nsec: count % 1000 * 1_000_000)
        var rest = timespec()
        while unsafe nanosleep(&time, &rest) != 0, Errno.current == .interrupted { time = rest }
    }
}
