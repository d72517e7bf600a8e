/// Nanoseconds as milliseconds, to a hundredth.
func milliseconds(_ nanoseconds: Double) -> String { "\((nanoseconds / 1e4).rounded() / 100) ms" }

/// Nanoseconds as microseconds, to a tenth.
func microseconds(_ nanoseconds: Double) -> String { "\((nanoseconds / 1e2).rounded() / 10) us" }

extension [Double] {
    /// The value below which so many percent lie, by nearest rank.
    func percentile(_ percent: Double) -> Double {
        let sorted = sorted()
        guard !sorted.isEmpty else { return .nan }
        let rank = Int((percent / 100 * Double(count)).rounded(.up)) - 1
        return sorted[Swift.min(Swift.max(rank, 0), count - 1)]
    }

    /// The median with the quartiles around it.
    var summary: String {
        func short(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
        return "\(short(percentile(50))) (\(short(percentile(25))) to \(short(percentile(75))))"
    }
}
