import ArgumentParser

/// A time as Kubernetes' configurations write it: `24h0m0s`, `1h30m`, `90s`, `0`.
struct GoDuration: Hashable, ExpressibleByArgument, CustomStringConvertible {
    let nanoseconds: UInt64

    init(seconds: UInt64) { nanoseconds = seconds * 1_000_000_000 }

    /// Parts of a second are left out.
    var seconds: UInt64 { nanoseconds / 1_000_000_000 }

    var isZero: Bool { nanoseconds == 0 }

    /// Nil for what Go's `time.ParseDuration` refuses, for negative times, and for what does not fit.
    init?(argument text: String) {
        if text == "0" {
            nanoseconds = 0
            return
        }
        var sum: UInt128 = 0
        var rest = text[...]
        if rest.isEmpty { return nil }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
            rest = rest.dropFirst(unit.count)
            let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            let (whole, fraction) = (parts[0], parts.count > 1 ? parts[1].prefix(9) : "")
            guard let scale = Self.units[String(unit)], !(whole.isEmpty && fraction.isEmpty), whole.count < 20,
                let value = UInt128(whole.isEmpty ? "0" : whole), let part = UInt128(fraction.isEmpty ? "0" : fraction)
            else { return nil }
            let power = (0..<fraction.count).reduce(UInt128(1)) { product, _ in product * 10 }
            sum += value * scale + part * scale / power
        }
        guard sum <= UInt128(Int64.max) else { return nil }
        nanoseconds = UInt64(sum)
    }

    private static let units: [String: UInt128] = [
        "ns": 1, "us": 1000, "µs": 1000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000,
        "h": 3_600_000_000_000,
    ]

    var description: String {
        let (hours, minutes, rest) = (seconds / 3600, seconds % 3600 / 60, seconds % 60)
        let parts = [(hours, "h"), (minutes, "m"), (rest, "s")].filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }
        return parts.isEmpty ? "0" : parts.joined()
    }

    var defaultValueDescription: String { description }
}
