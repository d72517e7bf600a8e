import Glibc

/// The wall clock as people read it.
package enum LocalTime {
    /// Now in the machine's time zone, to the second and with its distance from UTC: `2026-01-02T15:04:05+0000`.
    package static var now: String {
        var seconds = time(nil)
        var parts = unsafe tm()
        guard unsafe localtime_r(&seconds, &parts) != nil else { return "\(seconds)" }
        var buffer = [CChar](repeating: 0, count: 32)
        let count = unsafe strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S%z", &parts)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
