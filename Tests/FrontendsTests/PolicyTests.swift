import Frontends
import KubeModel
import NetworkTypes
import Testing

/// Which endpoints a node's clients may be sent to, and what becomes of them where there is none.
@Suite struct PolicyTests {
    private func endpoint(
        _ text: String, ready: Bool = true, serving: Bool = true, terminating: Bool = false, node: String? = nil,
        zones: [String] = [], nodes: [String] = []
    ) -> Endpoint {
        Endpoint(
            address: address(text), ready: ready, serving: serving, terminating: terminating, nodeName: node,
            zoneHints: zones, nodeHints: nodes)
    }

    private func draining(_ text: String, node: String? = nil) -> Endpoint {
        endpoint(text, ready: false, terminating: true, node: node)
    }

    private func addresses(_ backends: Set<Backend>?) -> Set<String>? {
        backends.map { Set($0.map { "\($0.address)" }) }
    }

    @Test("Endpoints that are going and serve still are chosen when, and only when, no ready one is left")
    func terminating() {
        var rules = Observed()
        rules.apply(service("web"), slice("1", of: "web", [endpoint("10.0.0.1"), draining("10.0.0.2")]))
        #expect(addresses(rules.backends("10.96.0.1")) == ["10.0.0.1"])
        rules.apply(slice("1", of: "web", [endpoint("10.0.0.1", ready: false), draining("10.0.0.2")]))
        #expect(addresses(rules.backends("10.96.0.1")) == ["10.0.0.2"])
        rules.apply(
            slice("1", of: "web", [endpoint("10.0.0.2", ready: false, serving: false, terminating: true)]))
        #expect(rules.backends("10.96.0.1") == [])
        #expect(rules.policy("10.96.0.1")?.whenEmpty == .refuse)
        // Serving, not ready, not going: never chosen.
        rules.apply(slice("1", of: "web", [endpoint("10.0.0.3", ready: false)]))
        #expect(rules.backends("10.96.0.1") == [])
    }

    @Test("A pod that goes gives way to the one that has its address now")
    func reusedAddress() {
        var rules = Observed()
        rules.apply(
            service("web"), slice("1", of: "web", [draining("10.0.0.1")]),
            slice("2", of: "web", [endpoint("10.0.0.1", ready: false)]))
        #expect(rules.backends("10.96.0.1") == [])
        rules.apply(slice("2", of: "web", [endpoint("10.0.0.1")]))
        #expect(addresses(rules.backends("10.96.0.1")) == ["10.0.0.1"])
    }

    @Test("Internal policy Local: this node's endpoints only; dropped where others have some, refused where none has")
    func internalLocal() {
        var rules = Observed()
        rules.apply(
            service("web", ports: [ServicePort(port: 80, nodePort: 30080)]) {
                $0.internalTrafficPolicy = .local
                $0.externalIPs = [address("192.0.2.1")]
            }, slice("1", of: "web", [endpoint("10.0.0.1", node: "here"), endpoint("10.0.0.2", node: "there")]))
        #expect(addresses(rules.backends("10.96.0.1")) == ["10.0.0.1"])
        #expect(addresses(rules.backends("192.0.2.1")) == ["10.0.0.1", "10.0.0.2"])
        rules.apply(slice("1", of: "web", [endpoint("10.0.0.2", node: "there")]))
        #expect(rules.backends("10.96.0.1") == [] && rules.policy("10.96.0.1")?.whenEmpty == .drop)
        rules.apply(slice("1", of: "web", [endpoint("10.0.0.2", ready: false, node: "there")]))
        #expect(rules.policy("10.96.0.1")?.whenEmpty == .refuse)
    }

    @Test("External policy Local: outsiders stay on this node, and either list falls back on its own")
    func externalLocal() {
        var rules = Observed()
        rules.apply(
            service("web") {
                $0.externalTrafficPolicy = .local
                $0.externalIPs = [address("192.0.2.1")]
            }, slice("1", of: "web", [draining("10.0.0.1", node: "here"), endpoint("10.0.0.2", node: "there")]))
        #expect(addresses(rules.backends("192.0.2.1")) == ["10.0.0.2"])
        #expect(addresses(rules.localBackends("192.0.2.1")) == ["10.0.0.1"])
        #expect(rules.localBackends("10.96.0.1") == nil)
        rules.apply(slice("1", of: "web", [endpoint("10.0.0.2", node: "there")]))
        #expect(rules.localBackends("192.0.2.1") == [])
    }

    @Test("Hints count where all ready endpoints have them and one is for here: the node's before the zone's")
    func hints() {
        var rules = Observed()
        let node = Node(name: "here", labels: ["topology.kubernetes.io/zone": "a"])
        rules.apply(.set(.node(node)), service("web"))
        func chosen(_ endpoints: Endpoint...) -> Set<String>? {
            rules.apply(slice("1", of: "web", endpoints))
            return addresses(rules.backends("10.96.0.1"))
        }
        let near = endpoint("10.0.0.1", zones: ["a"], nodes: ["here"])
        let far = endpoint("10.0.0.2", zones: ["a", "b"], nodes: ["there"])
        #expect(chosen(near, far) == ["10.0.0.1"])
        #expect(chosen(endpoint("10.0.0.1", zones: ["a"]), far) == ["10.0.0.1", "10.0.0.2"])
        #expect(chosen(endpoint("10.0.0.1", zones: ["a"]), endpoint("10.0.0.2", zones: ["b"])) == ["10.0.0.1"])
        #expect(chosen(endpoint("10.0.0.1", zones: ["a"]), endpoint("10.0.0.2")) == ["10.0.0.1", "10.0.0.2"])
        #expect(chosen(endpoint("10.0.0.1", zones: ["c"]), endpoint("10.0.0.2", zones: ["b"]))?.count == 2)
        // One that is not ready need not have any.
        #expect(chosen(endpoint("10.0.0.1", zones: ["a"]), far, endpoint("10.0.0.3", ready: false))?.count == 2)
        // The node moves.
        _ = chosen(endpoint("10.0.0.1", zones: ["a"]), endpoint("10.0.0.2", zones: ["b"]))
        rules.apply(.set(.node(Node(name: "here", labels: ["topology.kubernetes.io/zone": "b"]))))
        #expect(addresses(rules.backends("10.96.0.1")) == ["10.0.0.2"])
        rules.apply(.removed(ObjectID(kind: .node, name: NamespacedName(namespace: "", name: "here"))))
        #expect(addresses(rules.backends("10.96.0.1"))?.count == 2)
    }
}
