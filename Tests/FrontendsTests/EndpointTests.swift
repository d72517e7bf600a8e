import Frontends
import KubeModel
import NetworkTypes
import Testing

@Suite struct EndpointTests {
    @Test("Only ready endpoints count")
    func readiness() {
        var rules = Observed()
        var endpoints = ready("10.244.0.1", "10.244.0.2")
        endpoints[1].ready = false
        rules.apply(service("web"), slice("web-1", of: "web", endpoints))
        #expect(rules.backends("10.96.0.1") == [backend("10.244.0.1", 8080)])
        endpoints[1].ready = true
        rules.apply(slice("web-1", of: "web", endpoints))
        #expect(rules.lastChanges.count == 1, "one endpoint more is one step")
        #expect(rules.backends("10.96.0.1")?.count == 2)
    }

    @Test("A backend that two slices name stays until both have let go of it")
    func duplicates() {
        var rules = Observed()
        rules.apply(
            service("web"), slice("web-1", of: "web", ready("10.244.0.1", "10.244.0.2")),
            slice("web-2", of: "web", ready("10.244.0.2", "10.244.0.3")))
        #expect(rules.backends("10.96.0.1")?.count == 3)
        rules.apply(slice("web-1", of: "web", ready("10.244.0.1")))
        #expect(rules.lastChanges.isEmpty)
        rules.apply(.removed(ObjectID(kind: .endpointSlice, name: name("web-2"))))
        #expect(rules.backends("10.96.0.1") == [backend("10.244.0.1", 8080)])
    }

    @Test("Slices may come before their Service and stay when it goes")
    func order() {
        var rules = Observed()
        rules.apply(slice("web-1", of: "web", ready("10.244.0.1")))
        #expect(rules.frontends.isEmpty)
        rules.apply(service("web"))
        #expect(rules.backends("10.96.0.1")?.count == 1)
        rules.apply(.removed(ObjectID(kind: .service, name: name("web"))))
        #expect(rules.frontends.isEmpty)
        rules.apply(service("web"))
        #expect(rules.backends("10.96.0.1")?.count == 1)
    }

    @Test("A slice whose label names another Service moves to it; one without the label belongs to none")
    func owner() {
        var rules = Observed()
        rules.apply(
            service("a", ["10.96.0.1"]), service("b", ["10.96.0.2"]), slice("x", of: "a", ready("10.244.0.1")))
        rules.apply(slice("x", of: "b", ready("10.244.0.1")))
        #expect(rules.backends("10.96.0.1") == [])
        #expect(rules.backends("10.96.0.2")?.count == 1)
        rules.apply(slice("x", of: nil, ready("10.244.0.1")))
        #expect(rules.backends("10.96.0.2") == [])
    }

    @Test("Endpoints (v1) count only while no EndpointSlice names the Service")
    func endpointsObject() {
        var rules = Observed()
        let subset = Endpoints.Subset(endpoints: ready("10.244.0.9", "fd00::9"), ports: [EndpointPort(port: 7070)])
        rules.apply(
            service("web", ["10.96.0.1", "fd00::1"]), .set(.endpoints(Endpoints(name: name("web"), subsets: [subset]))))
        #expect(rules.backends("10.96.0.1") == [backend("10.244.0.9", 7070)])
        #expect(rules.backends("fd00::1") == [backend("fd00::9", 7070)])
        rules.apply(slice("web-1", of: "web", ready("10.244.0.1")))
        #expect(rules.backends("10.96.0.1") == [backend("10.244.0.1", 8080)])
        #expect(rules.backends("fd00::1") == [])
        rules.apply(.removed(ObjectID(kind: .endpointSlice, name: name("web-1"))))
        #expect(rules.backends("10.96.0.1") == [backend("10.244.0.9", 7070)])
        rules.apply(.removed(ObjectID(kind: .endpoints, name: name("web"))))
        #expect(rules.backends("10.96.0.1") == [])
    }

    @Test("Endpoints of this node that may be chosen are local, counted over all slices")
    func locality() {
        var rules = Observed()
        rules.apply(
            slice("a", of: "web", ready("10.244.0.1", node: "here") + ready("10.244.1.1", node: "there")),
            slice("b", of: "api", ready("10.244.0.1", node: "here")), slice("c", of: "api", ready("10.244.0.7")))
        #expect(rules.localEndpoints == [address("10.244.0.1")])
        rules.apply(slice("a", of: "web", []))
        #expect(rules.localEndpoints == [address("10.244.0.1")])
        rules.apply(.removed(ObjectID(kind: .endpointSlice, name: name("b"))))
        #expect(rules.localEndpoints.isEmpty)
    }

    @Test("One endpoint changed costs one step each way, however many Services and endpoints there are")
    func proportion() {
        var rules = Observed()
        for number in 0..<200 {
            rules.apply(
                service("s\(number)", ["10.96.1.\(number)"]),
                slice("s\(number)-1", of: "s\(number)", (1...50).map { Endpoint(address: address("10.244.0.\($0)")) }))
        }
        var endpoints = (1...50).map { Endpoint(address: address("10.244.0.\($0)")) }
        endpoints[7] = Endpoint(address: address("10.244.3.3"))
        rules.apply(slice("s7-1", of: "s7", endpoints))
        #expect(rules.lastChanges.count == 2)
    }
}

@Suite struct EndpointAddressTests {
    @Test("Endpoints' addresses are told while their Service has frontends, each object's apart")
    func addresses() {
        var observed = Observed()
        observed.apply(slice("web-1", of: "web", ready("10.0.0.1", "10.0.0.2")))
        #expect(observed.endpointAddresses == [:])
        observed.apply(service("web"))
        #expect(observed.endpointAddresses == [address("10.0.0.1"): 1, address("10.0.0.2"): 1])
        observed.apply(slice("web-2", of: "web", ready("10.0.0.2", "10.0.0.3")))
        #expect(observed.endpointAddresses[address("10.0.0.2")] == 2)
        let draining = Endpoint(address: address("10.0.0.3"), ready: false, serving: false, terminating: true)
        observed.apply(slice("web-2", of: "web", [draining]))
        #expect(observed.endpointAddresses == [address("10.0.0.1"): 1, address("10.0.0.2"): 1, address("10.0.0.3"): 1])
        observed.apply(service("web") { $0.isHeadless = true })
        #expect(observed.endpointAddresses == [:])
    }
}
