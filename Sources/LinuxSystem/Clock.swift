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

/// The clock on the wall, which people may set.
package enum WallClock {
    /// Nanoseconds since 1970.
    package static var nanoseconds: Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// A moment in UTC as RFC 3339 writes it, with nanoseconds.
    package static func text(of nanoseconds: Int64) -> String {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let fraction = String(rest + 1_000_000_000).dropFirst()
        return text(of: Int(seconds), as: "%Y-%m-%dT%H:%M:%S") + ".\(fraction)Z"
    }

    /// The present moment in UTC, in English.
    ///
    /// - Parameter format: of `strftime(3)`, for 100 bytes at most.
    package static func now(as format: String) -> String {
        text(of: time(nil), as: format)
    }

    private static func text(of moment: time_t, as format: String) -> String {
        var seconds = moment
        var parts = unsafe tm()
        guard unsafe gmtime_r(&seconds, &parts) != nil else { return "" }
        var text = [CChar](repeating: 0, count: 101)
        let count = unsafe strftime(&text, text.count, format, &parts)
        return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
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

/// The machine's present run, from its last start on.
package enum Boot {
    /// The kernel's random number of this boot; nil where it can't be read.
    package static var id: UInt128? {
        guard let file = try? FileDescriptor.open("/proc/sys/kernel/random/boot_id", O_RDONLY),
            let bytes = try? file.read(upTo: 64)
        else { return nil }
        let digits = bytes.filter { $0 != UInt8(ascii: "-") && $0 > 0x20 }
        guard digits.count == 32 else { return nil }
        return UInt128(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    /// The latest moment before which a file cannot be of this run, by the clock that files' times come from.
    ///
    /// The clock may have been set since: forward, and the start that follows from the uptime lies behind what was made
    /// before that. `/run`, where it is in memory, was made at the start by the clock of then; the earlier of both counts.
    package static var moment: FileTime {
        let now = FileTime.now
        var uptime = timespec()
        _ = unsafe clock_gettime(CLOCK_BOOTTIME, &uptime)
        let borrow = now.nanoseconds < uptime.tv_nsec
        let start = FileTime(
            seconds: now.seconds - uptime.tv_sec - (borrow ? 1 : 0),
            nanoseconds: now.nanoseconds - uptime.tv_nsec + (borrow ? 1_000_000_000 : 0))
        return FileTime.birth(ofMemoryAt: "/run").map { min(start, $0) } ?? start
    }
}
