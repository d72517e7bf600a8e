import KubeModel
import NetworkTypes

/// One Service, or what is known about it before it exists: its ports' pools and all that contribute endpoints to it.
struct ServiceState {
    var compiled: CompiledService?
    private(set) var pools: [PortKey: PoolID] = [:]
    private var slices: [String: EndpointContribution] = [:]
    private(set) var endpoints: EndpointContribution?

    var isEmpty: Bool { compiled == nil && slices.isEmpty && endpoints == nil }

    /// Endpoints (v1) count only where no EndpointSlice names the Service.
    private var contributions: [EndpointContribution] {
        slices.isEmpty ? endpoints.map { [$0] } ?? [] : Array(slices.values)
    }

    /// What a slice contributes now.
    func slice(_ name: String) -> EndpointContribution? { slices[name] }

    /// The Endpoints object's contribution, where it counts.
    var countedEndpoints: EndpointContribution? { slices.isEmpty ? endpoints : nil }

    mutating func setSlice(_ name: String, _ contribution: EndpointContribution?, _ changes: inout [FrontendChange]) {
        let superseded = countedEndpoints
        let old = slices.removeValue(forKey: name)
        if let superseded, contribution != nil { replace(superseded, by: nil, beside: [], &changes) }
        replace(old, by: contribution, beside: Array(slices.values), &changes)
        slices[name] = contribution
        if let restored = countedEndpoints, old != nil { replace(nil, by: restored, beside: [], &changes) }
    }

    mutating func setEndpoints(_ contribution: EndpointContribution?, _ changes: inout [FrontendChange]) {
        if slices.isEmpty { replace(endpoints, by: contribution, beside: [], &changes) }
        endpoints = contribution
    }

    /// Makes the pools of ports that are new; those of ports that are gone are returned, to be removed last.
    mutating func setPorts(
        _ ports: [PortKey], _ makeID: (IPFamily) -> PoolID, _ changes: inout [FrontendChange]
    ) -> [PoolID] {
        for port in ports where pools[port] == nil {
            let id = makeID(port.family)
            pools[port] = id
            changes.append(.poolAdded(id, backends(of: port)))
        }
        let gone = pools.keys.filter { !ports.contains($0) }.sorted()
        return gone.compactMap { pools.removeValue(forKey: $0) }
    }

    private func backends(of port: PortKey) -> [Backend] {
        let parts = contributions.map { $0.backends(of: port) }.filter { !$0.isEmpty }
        if parts.count < 2 { return parts.first ?? [] }
        return Set(parts.joined()).sorted()
    }

    /// Emits what one contribution's change means for the pools.
    ///
    /// A backend that another contribution has as well neither comes nor goes.
    private func replace(
        _ old: EndpointContribution?, by new: EndpointContribution?, beside others: [EndpointContribution],
        _ changes: inout [FrontendChange]
    ) {
        for (port, pool) in pools {
            let before = old?.backends(of: port) ?? []
            let after = new?.backends(of: port) ?? []
            if before.isEmpty && after.isEmpty { continue }
            let rest = others.map { $0.backends(of: port) }.filter { !$0.isEmpty }
            compare(before, after) { backend in
                if !rest.contains(where: { $0.containsSorted(backend) }) {
                    changes.append(.backendRemoved(pool, backend))
                }
            } added: { backend in
                if !rest.contains(where: { $0.containsSorted(backend) }) {
                    changes.append(.backendAdded(pool, backend))
                }
            }
        }
    }
}

extension [Backend] {
    /// Finds a backend in a sorted list in O(log n).
    fileprivate func containsSorted(_ backend: Backend) -> Bool {
        var range = 0..<count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            if self[middle] == backend { return true }
            range = self[middle] < backend ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return false
    }
}
