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
