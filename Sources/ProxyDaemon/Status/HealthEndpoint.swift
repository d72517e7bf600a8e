package import Daemons
import LinuxSystem
import NetworkTypes

/// What `/healthz`, `/livez` and `/readyz` answer; the first two as kube-proxy's do, which probes have learnt to read.
package struct HealthEndpoint: Sendable {
    private let board: StatusBoard
    /// Nanoseconds for which the kernel may lack something.
    private let patience: UInt64
    /// What is amiss with the node beside the daemon, a line each.
    private let remarks: @Sendable () -> [String]

    package init(_ board: StatusBoard, patience: UInt64, remarks: @escaping @Sendable () -> [String]) {
        self.board = board
        self.patience = patience
        self.remarks = remarks
    }

    /// 503 also while the own Node is about to be taken away: load balancers send nothing new here then.
    package func healthz() -> HTTPResponse { state().response(isEligibilityAsked: true) }

    /// Whether the daemon should be started anew: 503 where the kernel has lacked something for too long.
    package func livez() -> HTTPResponse { state().response(isEligibilityAsked: false) }

    /// 200 once everything of the start is in the kernel, and while it is kept there.
    package func readyz() -> HTTPResponse {
        let state = state()
        var lines: [String] = []
        if !state.status.isReady {
            lines.append("not ready: the first sync is not in the kernel yet")
        } else if !state.isHealthy {
            lines.append("not ready: the kernel lacks something for too long")
        }
        let isReady = lines.isEmpty
        if isReady { lines.append("ok") }
        if let error = state.status.lastError { lines.append("last error: \(error)") }
        if state.status.refused > 0 { lines.append("frontends that the kernel refuses: \(state.status.refused)") }
        if state.status.unreadable > 0 { lines.append("objects that cannot be used: \(state.status.unreadable)") }
        lines += remarks()
        return .text(status: isReady ? 200 : 503, lines.joined(separator: "\n") + "\n")
    }

    private func state() -> HealthState {
        let status = board.current
        let now = MonotonicClock.now
        return HealthState(
            status: status, isHealthy: status.isHealthy(now: now, patience: patience), now: now,
            time: WallClock.nanoseconds)
    }
}

/// The daemon's health at a moment.
struct HealthState {
    let status: DataplaneStatus
    let isHealthy: Bool
    /// Of the clock of the status.
    let now: UInt64
    /// Nanoseconds since 1970, at the same moment.
    let time: Int64

    func response(isEligibilityAsked: Bool) -> HTTPResponse {
        let isFine = isHealthy && (!isEligibilityAsked || status.isNodeEligible)
        let current = WallClock.text(of: time)
        let updated =
            status.lastSync.map { WallClock.text(of: time - Int64(clamping: now - min($0, now))) } ?? Self.never
        let family = #"{"lastUpdated":"\#(updated)","healthy":\#(isHealthy)}"#
        let families = IPFamily.allCases.map { #""\#($0.rawValue)":\#(family)"# }.joined(separator: ",")
        let eligibility = isEligibilityAsked ? #""nodeEligible":\#(status.isNodeEligible),"# : ""
        // The whole daemon's time is now as long as all is well.
        return .json(
            status: isFine ? 200 : 503,
            #"{"lastUpdated":"\#(isFine ? current : updated)","currentTime":"\#(current)",\#(eligibility)"#
                + #""healthy":\#(isHealthy),"status":{\#(families)}}"#)
    }

    /// How Go writes a time that was not.
    private static let never = "0001-01-01T00:00:00Z"
}
