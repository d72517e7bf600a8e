import Allocations
import KubeModel
import Logging
import NetworkTypes

extension Logger {
    /// Says what was given out, or was not, and what to do about it.
    func tell(_ note: AllocationNote, _ settings: AllocationSettings) {
        switch note {
        case .assigned(let service, let holdings):
            info("gives Service \(service) \(holdings.map(\.text).joined(separator: ", "))")
        case .moved(let old, nil, let by):
            warning("Service \(old.service) loses \(old.text), which \(by.map(\.description) ?? "nobody") names")
        case .moved(let old, let value?, nil):
            let new = Holding(service: old.service, slot: old.slot, value: value)
            warning("gives Service \(old.service) \(new.text): \(old.number) is in no range any more")
        case .moved(let old, let value?, let by?):
            let new = Holding(service: old.service, slot: old.slot, value: value)
            warning("gives Service \(old.service) \(new.text): \(by) names \(old.number), which it had")
        case .exhausted(let service, let slot):
            warning("Service \(service) has no \(slot): all of \(settings.ranges.text(slot)) is taken; \(slot.cure)")
        case .unserved(let service, let slots):
            if let slot = slots.first { warning("Service \(service): \(slot.lack(settings.ranges))") }
        }
    }
}

extension Holding {
    fileprivate var number: String { address?.description ?? "\(value)" }

    fileprivate var text: String { "the \(slot) \(number)" }
}

extension AllocationRanges {
    /// The option that a slot's values come from, with its value.
    fileprivate func text(_ slot: Slot) -> String {
        func list(_ networks: [CIDR], _ family: IPFamily) -> String {
            networks.filter { $0.family == family }.map(\.description).joined(separator: ",")
        }
        return switch slot.kind {
        case .clusterIP(let family): "--service-cidr \(list(clusterIPs, family))"
        case .loadBalancerIP(let family): "--allocate-load-balancer \(list(loadBalancerIPs, family))"
        case .port: "--service-node-port-range \(nodePorts.map { "\($0.lowerBound)-\($0.upperBound)" } ?? "")"
        }
    }
}

extension Slot {
    fileprivate var cure: String {
        switch kind {
        case .clusterIP: "add a network, or remove Services"
        case .loadBalancerIP: "add a network, or remove Services of type LoadBalancer"
        case .port: "give a larger range, or remove node ports"
        }
    }

    /// Why nobody fills it.
    fileprivate func lack(_ ranges: AllocationRanges) -> String {
        switch self {
        case .clusterIP(let family) where ranges.clusterIPs.isEmpty:
            "spec.clusterIP is missing, so it is not served over \(family.rawValue): name one, or let --allocate choose"
        case .clusterIP(let family):
            "no \(family.rawValue) cluster IP: add a network of that family to --service-cidr, or name one in spec.clusterIPs"
        case .loadBalancerIP where ranges.loadBalancerIPs.isEmpty:
            "no load balancer IP: write one to status.loadBalancer.ingress, or let --allocate-load-balancer choose"
        case .loadBalancerIP(let family):
            "no load balancer IP: --allocate-load-balancer has no network of \(family.rawValue), or none that holds its spec.loadBalancerIP"
        case .nodePort(let port):
            "spec.ports has no nodePort for port \(port), so there is none: name one, or let --allocate choose"
        case .healthCheckNodePort: "spec.healthCheckNodePort is missing: name one, or let --allocate choose"
        }
    }
}
