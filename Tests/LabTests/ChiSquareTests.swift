import Lab
import Testing

@Suite("Chi-square")
struct ChiSquareTests {
    // Critical values from any table of the distribution.
    @Test(
        "The tail probability is the one that tables give",
        arguments: [(1, 3.841, 0.05), (2, 5.991, 0.05), (2, 9.210, 0.01), (5, 11.070, 0.05), (10, 29.588, 0.001)])
    func tables(_ degrees: Int, _ statistic: Double, _ p: Double) {
        let found = ChiSquare(statistic: statistic, degreesOfFreedom: degrees).p
        #expect(abs(found - p) < p * 0.01)
    }

    @Test("Equal counts are certain to be uniform")
    func equal() {
        let test = ChiSquare(uniform: [100, 100, 100])
        #expect(test.statistic == 0 && test.p == 1)
    }

    @Test("A backend that is never chosen is noticed")
    func missing() {
        #expect(ChiSquare(uniform: [1500, 1500, 0]).p < 1e-100)
    }

    @Test("A slightly uneven choice is noticed in 3,000 connections")
    func uneven() {
        #expect(ChiSquare(uniform: [1000, 1000, 1000]).p > 0.99)
        #expect(ChiSquare(uniform: [1200, 900, 900]).p < 1e-6)
        #expect(ChiSquare(uniform: [1030, 990, 980]).p > 0.1)
    }

    @Test("No counts say nothing")
    func none() {
        #expect(ChiSquare(uniform: [Int]()).p == 1)
        #expect(ChiSquare(uniform: [0, 0, 0]).p == 1)
    }
}
