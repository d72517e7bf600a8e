import KubeModel
import NetworkTypes

extension Service {
    /// The slots that are to be filled, as an API server would, in their order.
    ///
    /// - Parameters:
    ///   - primary: the family of a Service that asks for none.
    ///   - families: those in which cluster IPs are given out.
    ///   - balanced: those in which load balancer IPs are.
    func slots(primary: IPFamily, families: Set<IPFamily>, balanced: Set<IPFamily>) -> [Slot] {
        guard let unassigned = unassigned.first else { return [] }
        let wanted = wantedFamilies(unassigned, primary, families)
        let own = Set(clusterIPs.map(\.family))
        var slots: [Slot] = wanted.filter { !own.contains($0) }.map { .clusterIP($0) }
        if unassigned.nodePorts {
            let named = Set(ports.filter { $0.nodePort != 0 }.map(\.port))
            var seen = named
            slots += ports.filter { seen.insert($0.port).inserted }.map { .nodePort($0.port) }
        }
        if unassigned.healthCheckNodePort { slots.append(.healthCheckNodePort) }
        if unassigned.loadBalancerIP, unassigned.requestedLoadBalancerIP == nil {
            let served = own.union(wanted)
            let both = IPFamily.allCases.filter { served.contains($0) && balanced.contains($0) }
            slots += (both.isEmpty ? Array(wanted.prefix(1)) : both).map { .loadBalancerIP($0) }
        }
        return slots
    }

    private func wantedFamilies(
        _ unassigned: Unassigned, _ primary: IPFamily, _ families: Set<IPFamily>
    ) -> [IPFamily] {
        var wanted = unassigned.families
        if wanted.isEmpty { wanted = clusterIPs.isEmpty ? [primary] : clusterIPs.map(\.family) }
        if wanted.count == 1, unassigned.familyPolicy != .singleStack {
            let other: IPFamily = wanted[0] == .ipv4 ? .ipv6 : .ipv4
            if unassigned.familyPolicy == .requireDualStack || families.contains(other) { wanted.append(other) }
        }
        return wanted
    }

    /// The Service with what it was given.
    func filled(with holdings: [Holding]) -> Service {
        var filled = self
        // What its own ports name counts for all of that number.
        var nodePorts = Dictionary(ports.filter { $0.nodePort != 0 }.map { ($0.port, $0.nodePort) }) { first, _ in first
        }
        for holding in holdings {
            switch holding.slot {
            case .clusterIP: if let address = holding.address { filled.clusterIPs.append(address) }
            case .loadBalancerIP: if let address = holding.address { filled.loadBalancerIPs.append(address) }
            case .nodePort(let port): nodePorts[port] = UInt16(truncatingIfNeeded: holding.value)
            case .healthCheckNodePort: filled.healthCheckNodePort = UInt16(truncatingIfNeeded: holding.value)
            }
        }
        guard unassigned.first?.nodePorts == true else { return filled }
        for index in filled.ports.indices where filled.ports[index].nodePort == 0 {
            filled.ports[index].nodePort = nodePorts[filled.ports[index].port] ?? 0
        }
        return filled
    }
}
