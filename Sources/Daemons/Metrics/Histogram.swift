/// How often values of a kind came, counted in buckets whose bounds never change.
package struct Histogram: Sendable, Hashable {
    /// The upper bounds in rising order, the infinite one apart; a value counts in the first bucket that is no smaller.
    package let bounds: [Double]
    /// For each bucket alone, the infinite one last.
    package private(set) var counts: [UInt64]
    package private(set) var sum = 0.0

    /// - Parameter bounds: in rising order.
    package init(bounds: [Double]) {
        self.bounds = bounds
        counts = [UInt64](repeating: 0, count: bounds.count + 1)
    }

    package var count: UInt64 { counts.reduce(0, +) }

    package mutating func observe(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }

    /// Takes in what another one of the same bounds has counted.
    package mutating func add(_ other: Histogram) {
        for (index, count) in other.counts.enumerated() where counts.indices.contains(index) { counts[index] += count }
        sum += other.sum
    }

    /// Bounds of which each is so many times the one before.
    package static func exponential(from first: Double, factor: Double, count: Int) -> [Double] {
        var bounds = [first]
        while bounds.count < count { bounds.append(bounds[bounds.count - 1] * factor) }
        return bounds
    }
}
