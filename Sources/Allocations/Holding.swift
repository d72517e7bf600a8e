package import KubeModel
package import NetworkTypes

/// What a Service can be given: each of these once.
package enum Slot: Sendable, Hashable {
    case clusterIP(IPFamily)
    case loadBalancerIP(IPFamily)
    /// For the ports with this number, of whatever protocol: they share one, as the API server has it.
    case nodePort(UInt16)
    case healthCheckNodePort

    package enum Kind: Sendable, Hashable {
        case clusterIP(IPFamily)
        case loadBalancerIP(IPFamily)
        /// Node ports of both kinds.
        case port
    }

    package var kind: Kind {
        switch self {
        case .clusterIP(let family): .clusterIP(family)
        case .loadBalancerIP(let family): .loadBalancerIP(family)
        case .nodePort, .healthCheckNodePort: .port
        }
    }
}

/// A value that a Service was given: an address or a port.
package struct Holding: Sendable, Hashable {
    package let service: NamespacedName
    package let slot: Slot
    /// The address as a number, or the port.
    package let value: UInt128
    /// The Service has it in force; else it is kept for it, as long as nobody else needs it.
    package var isUsed: Bool

    package init(service: NamespacedName, slot: Slot, value: UInt128, isUsed: Bool = true) {
        self.service = service
        self.slot = slot
        self.value = value
        self.isUsed = isUsed
    }

    /// Nil for a port.
    package var address: IPAddress? {
        switch slot {
        case .clusterIP(let family), .loadBalancerIP(let family): IPAddress(family: family, value: value)
        case .nodePort, .healthCheckNodePort: nil
        }
    }
}

extension Slot: CustomStringConvertible {
    package var description: String {
        switch self {
        case .clusterIP(let family): "\(family.rawValue) cluster IP"
        case .loadBalancerIP(let family): "\(family.rawValue) load balancer IP"
        case .nodePort(let port): "node port of port \(port)"
        case .healthCheckNodePort: "health check node port"
        }
    }
}
