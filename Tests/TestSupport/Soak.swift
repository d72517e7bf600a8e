import LinuxSystem

/// How long the tests of chance and of storms go on: as CI needs them, or many times that (`make soak`).
package enum Soak {
    /// `FAIRWAY_SOAK` has the factor.
    package static let factor = max(1, ProcessEnvironment.variable("FAIRWAY_SOAK").flatMap { Int($0) } ?? 1)

    /// The number of rounds where CI has so many.
    package static func rounds(_ count: Int) -> Int { count * factor }
}
