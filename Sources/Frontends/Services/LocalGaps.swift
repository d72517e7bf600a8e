import KubeModel
package import NetworkTypes

/// Whose connections only this node's endpoints may serve.
package enum LocalTraffic: String, Sendable, Hashable, CaseIterable {
    /// `internalTrafficPolicy: Local`.
    case `internal` = "internal"
    /// `externalTrafficPolicy: Local`.
    case external = "external"
}

/// The ports of Services that only this node's endpoints may serve, and that have endpoints, but none here.
package struct LocalGaps: Sendable, Hashable {
    struct Gap: Hashable {
        let port: PortKey
        let traffic: LocalTraffic
    }

    private var gaps: [NamespacedName: Set<Gap>] = [:]

    package init() {}

    package func count(_ traffic: LocalTraffic, _ family: IPFamily) -> Int {
        gaps.values.reduce(0) { sum, gaps in sum + gaps.count { $0.traffic == traffic && $0.port.family == family } }
    }

    /// - Returns: whether it was other ones before.
    mutating func set(_ service: NamespacedName, _ new: Set<Gap>) -> Bool {
        let old = gaps[service] ?? []
        if old == new { return false }
        gaps[service] = new.isEmpty ? nil : new
        return true
    }
}

extension ServiceState {
    /// The ports that only this node's endpoints may serve, and that have endpoints elsewhere alone.
    var localGaps: Set<LocalGaps.Gap> {
        guard let compiled, compiled.hasLocalTraffic else { return [] }
        var gaps: Set<LocalGaps.Gap> = []
        for entry in compiled.entries where entry.scope == .local || entry.keepsOutsidersLocal {
            let gap = LocalGaps.Gap(port: entry.port, traffic: entry.scope == .local ? .internal : .external)
            if !gaps.contains(gap), hasLocalGap(entry.port) { gaps.insert(gap) }
        }
        return gaps
    }
}
