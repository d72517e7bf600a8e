package import KubeModel
package import NetworkTypes

/// What a load balancer is told when it asks whether this node serves a Service (`spec.healthCheckNodePort`).
package struct HealthCheck: Sendable, Hashable {
    package let port: UInt16
    /// How many addresses of ready endpoints this node has, for each family in which the Service has an address.
    ///
    /// Those that only drain do not count: whoever asks should send new connections elsewhere.
    package let localEndpoints: [IPFamily: Int]

    package init(port: UInt16, localEndpoints: [IPFamily: Int]) {
        self.port = port
        self.localEndpoints = localEndpoints
    }
}

/// What load balancers are to be told otherwise.
package struct HealthCheckChanges: Sendable, Hashable {
    /// Nil for a Service that they no longer ask for.
    package let checks: [NamespacedName: HealthCheck?]
    /// What the own Node says; nil while there is none.
    package let node: NodeFacts?

    package init(checks: [NamespacedName: HealthCheck?], node: NodeFacts?) {
        self.checks = checks
        self.node = node
    }
}

extension Service {
    /// The port on which a load balancer asks; nil where it sends to any node.
    var healthCheckPort: UInt16? {
        type == .loadBalancer && externalTrafficPolicy == .local && healthCheckNodePort != 0
            ? healthCheckNodePort : nil
    }
}

extension ServiceState {
    /// Nil where nobody asks.
    var healthCheck: HealthCheck? {
        guard let compiled, let port = compiled.healthCheckPort else { return nil }
        var addresses: [IPFamily: Set<IPAddress>] = [:]
        for key in compiled.ports {
            let ready = endpoints(of: key).filter { $0.traits.isSuperset(of: [.local, .ready]) }
            addresses[key.family, default: []].formUnion(ready.map(\.backend.address))
        }
        return HealthCheck(port: port, localEndpoints: addresses.mapValues(\.count))
    }
}
