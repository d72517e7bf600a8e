import Glibc

/// Pearson's chi-square test that counts come from a uniform choice.
package struct ChiSquare: Sendable, Hashable {
    package let statistic: Double
    /// The number of choices less one.
    package let degreesOfFreedom: Int

    package init(statistic: Double, degreesOfFreedom: Int) {
        self.statistic = statistic
        self.degreesOfFreedom = degreesOfFreedom
    }

    /// - Parameter counts: how often each choice was seen, those that never were with 0.
    package init(uniform counts: some Collection<Int>) {
        let total = counts.reduce(0, +)
        degreesOfFreedom = max(0, counts.count - 1)
        guard total > 0 else {
            statistic = 0
            return
        }
        let expected = Double(total) / Double(counts.count)
        statistic = counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    }

    /// The chance that a uniform choice gives counts at least this uneven: 1 - P(k/2, x/2), by the series of the
    /// lower incomplete gamma function below its mean and by the continued fraction above.
    package var p: Double {
        let a = Double(degreesOfFreedom) / 2
        let x = statistic / 2
        guard a > 0, x > 0 else { return 1 }
        let scale = exp(-x + a * log(x) - lgamma(a))
        return x < a + 1 ? max(0, 1 - Self.series(a, x) * scale) : Self.fraction(a, x) * scale
    }

    private static func series(_ a: Double, _ x: Double) -> Double {
        var term = 1 / a
        var total = term
        for n in 1...10_000 {
            term *= x / (a + Double(n))
            total += term
            if term < total * 1e-15 { break }
        }
        return total
    }

    /// Lentz's evaluation of the continued fraction of the upper incomplete gamma function.
    private static func fraction(_ a: Double, _ x: Double) -> Double {
        let tiny = 1e-300
        var b = x + 1 - a
        var c = 1 / tiny
        var d = 1 / b
        var result = d
        for n in 1...10_000 {
            let numerator = -Double(n) * (Double(n) - a)
            b += 2
            d = numerator * d + b
            if abs(d) < tiny { d = tiny }
            c = b + numerator / c
            if abs(c) < tiny { c = tiny }
            d = 1 / d
            let factor = d * c
            result *= factor
            if abs(factor - 1) < 1e-15 { break }
        }
        return result
    }
}
