import Frontends
import KubeModel
import NetworkTypes
import Testing

/// What a load balancer is told; the rows are those that kube-proxy was recorded with.
@Suite struct HealthCheckTests {
    private static let dual = ["10.96.0.1", "fd00:96::1"]

    private func asked(
        _ text: String, _ clusterIPs: [String] = ["10.96.0.1"], ports: [ServicePort] = [ServicePort(port: 80)],
        _ change: (inout Service) -> Void = { _ in }
    ) -> ObjectChange {
        service(text, clusterIPs, ports: ports) {
            $0.type = .loadBalancer
            $0.externalTrafficPolicy = .local
            $0.healthCheckNodePort = 31000
            change(&$0)
        }
    }

    private func answer(_ observed: inout Observed) -> [IPFamily: Int]? {
        observed.takeHealthChecks()?.checks[name("s")]??.localEndpoints
    }

    private func endpoint(_ text: String, node: String? = "here", _ change: (inout Endpoint) -> Void = { _ in })
        -> Endpoint
    {
        var endpoint = Endpoint(address: address(text), nodeName: node)
        change(&endpoint)
        return endpoint
    }

    @Test("Ready endpoints of this node count, each address once, whatever ports it has")
    func counts() {
        var observed = Observed()
        observed.apply(
            asked("s", ports: [ServicePort(name: "a", port: 80), ServicePort(name: "b", port: 81)]),
            slice(
                "s-1", of: "s",
                [
                    endpoint("10.1.0.1"), endpoint("10.1.0.2"), endpoint("10.1.0.3", node: "there"),
                    endpoint("10.1.0.4", node: nil),
                ],
                ports: [EndpointPort(name: "a", port: 8080), EndpointPort(name: "b", port: 8081)]),
            slice("s-2", of: "s", [endpoint("10.1.0.1")], ports: [EndpointPort(name: "a", port: 8080)]))
        #expect(answer(&observed) == [.ipv4: 2])
    }

    @Test("Those that drain and those that are not ready do not count, though they may serve")
    func unready() {
        var observed = Observed()
        observed.apply(
            asked("s"),
            slice(
                "s-1", of: "s",
                [
                    endpoint("10.1.0.1") {
                        $0.ready = false
                        $0.terminating = true
                        $0.serving = true
                    },
                    endpoint("10.1.0.2") { $0.ready = false },
                ]))
        #expect(answer(&observed) == [.ipv4: 0])
        #expect(observed.localBackends("10.96.0.1") == nil)
    }

    @Test("Each family counts for itself, and one in which the Service has no address is not asked for")
    func families() {
        var observed = Observed()
        observed.apply(
            asked("s", Self.dual), slice("s-1", of: "s", [endpoint("10.1.0.1")]),
            slice("s-2", of: "s", [endpoint("fd00:1::1"), endpoint("fd00:1::2")]))
        #expect(answer(&observed) == [.ipv4: 1, .ipv6: 2])
        observed.apply(asked("s"))
        #expect(answer(&observed) == [.ipv4: 1])
    }

    @Test("Nobody asks for other Services, nor for one that stops being such a one")
    func others() {
        var observed = Observed()
        observed.apply(
            service("s") { $0.healthCheckNodePort = 31000 },
            asked("a", ["10.96.0.2"]) { $0.externalTrafficPolicy = .cluster },
            asked("b", ["10.96.0.3"]) { $0.healthCheckNodePort = 0 },
            asked("c", ["10.96.0.4"]) { $0.type = .nodePort },
            slice("s-1", of: "s", [endpoint("10.1.0.1")]))
        #expect(observed.takeHealthChecks() == nil)
        observed.apply(asked("s"))
        #expect(answer(&observed) == [.ipv4: 1])
        observed.apply(slice("s-1", of: "s", []))
        #expect(answer(&observed) == [.ipv4: 0])
        observed.apply(slice("a-1", of: "a", [endpoint("10.1.0.9")]))
        #expect(observed.takeHealthChecks() == nil)
        observed.apply(service("s"))
        #expect(observed.takeHealthChecks()?.checks == [name("s"): nil])
        observed.apply(slice("s-1", of: "s", [endpoint("10.1.0.1")]))
        #expect(observed.takeHealthChecks() == nil)
    }

    @Test("What the own Node says is told along, and told again when it is otherwise")
    func node() {
        var observed = Observed()
        observed.apply(asked("s"), .set(.node(Node(name: "here", addresses: [address("10.9.0.1")]))))
        let facts = NodeFacts(primaryAddresses: [address("10.9.0.1")], podCIDRs: [])
        #expect(
            observed.takeHealthChecks()
                == HealthCheckChanges(
                    checks: [name("s"): HealthCheck(port: 31000, localEndpoints: [.ipv4: 0])], node: facts))
        observed.apply(.set(.node(Node(name: "here", addresses: [address("10.9.0.1")]))))
        #expect(observed.takeHealthChecks() == nil)
        observed.apply(.removed(KubeObject.node(Node(name: "here", addresses: [])).id))
        #expect(observed.takeHealthChecks() == HealthCheckChanges(checks: [:], node: nil))
    }
}
