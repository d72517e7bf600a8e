import Frontends
import KubeModel
import NetworkTypes
import Testing

@Suite struct FlowTests {
    private let dns = Frontend(.address(address("10.96.0.10")), .udp, 53)
    private let nodePort = Frontend(.nodePort(.ipv4), .udp, 30053)

    private func backend(_ text: String, _ port: UInt16 = 53) -> Backend { Backend(address(text), port) }

    private func dnsService(_ name: String = "dns", created: String? = nil) -> ObjectChange {
        service(
            name, ["10.96.0.10"],
            ports: [
                ServicePort(name: "dns", proto: .udp, port: 53, nodePort: 30053),
                ServicePort(name: "dns", proto: .tcp, port: 53),
            ], created: created
        ) { $0.type = .nodePort }
    }

    private func dnsSlice(_ endpoints: [Endpoint]) -> ObjectChange {
        slice(
            "dns-1", of: "dns", endpoints, ports: [.udp, .tcp].map { EndpointPort(name: "dns", proto: $0, port: 53) })
    }

    @Test("Frontends are stale when they come, go, change hands or lose an endpoint that answered; never TCP's")
    func stale() {
        var model = FrontendModel(nodeName: "here")
        model.apply(dnsSlice(ready("10.0.0.1", "10.0.0.2")))
        #expect(model.takeStaleFlows() == [])
        model.apply(dnsService())
        #expect(model.takeStaleFlows() == [dns, nodePort])
        // One more, and the same again: nobody has lost anything.
        model.apply(dnsSlice(ready("10.0.0.1", "10.0.0.2", "10.0.0.3")))
        model.apply(dnsService())
        #expect(model.takeStaleFlows() == [])
        // It goes and serves still; then it does not.
        let draining = Endpoint(address: address("10.0.0.3"), ready: false, serving: true, terminating: true)
        model.apply(dnsSlice(ready("10.0.0.1", "10.0.0.2") + [draining]))
        #expect(model.takeStaleFlows() == [])
        #expect(model.answering(dns) == [backend("10.0.0.1"), backend("10.0.0.2"), backend("10.0.0.3")])
        model.apply(dnsSlice(ready("10.0.0.1", "10.0.0.2")))
        #expect(model.takeStaleFlows() == [dns, nodePort])
        #expect(model.answering(dns) == [backend("10.0.0.1"), backend("10.0.0.2")])
        // Another Service, older, claims the same: its endpoints answer from now on.
        model.apply(dnsService("older", created: "2026-01-01T00:00:00Z"))
        #expect(model.takeStaleFlows() == [dns, nodePort])
        #expect(model.answering(dns) == [])
        model.apply(.removed(ObjectID(kind: .service, name: name("older"))))
        #expect(model.takeStaleFlows() == [dns, nodePort])
        model.apply(.removed(ObjectID(kind: .service, name: name("dns"))))
        #expect(model.takeStaleFlows() == [dns, nodePort])
        #expect(model.answering(dns) == nil)
    }

    @Test("A flow is stale where its backend does not answer; past a Service, only where there is one")
    func rules() {
        var rules = FlowRules()
        rules.set(dns, [backend("10.0.0.1")])
        rules.set(nodePort, [backend("10.0.0.1")])
        let gone = Frontend(.address(address("10.96.0.11")), .udp, 53)
        rules.set(gone, nil)
        func isStale(_ to: String, _ port: UInt16 = 53, by: String, _ byPort: UInt16 = 53, own: Bool = false) -> Bool {
            rules.isStale(.udp, addressed: backend(to, port), answering: backend(by, byPort), isToNode: own)
        }
        #expect(!isStale("10.96.0.10", by: "10.0.0.1"))
        #expect(isStale("10.96.0.10", by: "10.0.0.2"))
        #expect(isStale("10.96.0.10", by: "10.0.0.1", 54))
        #expect(isStale("10.96.0.10", by: "10.96.0.10"))
        #expect(isStale("10.96.0.11", by: "10.0.0.1"))
        #expect(!isStale("10.96.0.11", by: "10.96.0.11"))
        #expect(!isStale("10.96.0.12", by: "10.0.0.9"))
        #expect(isStale("192.0.2.1", 30053, by: "10.0.0.2", own: true))
        #expect(!isStale("192.0.2.1", 30053, by: "10.0.0.2"))
        #expect(!isStale("192.0.2.1", 30053, by: "10.0.0.1", own: true))
        #expect(isStale("192.0.2.1", 30053, by: "192.0.2.1", 30053, own: true))
        #expect(
            !rules.isStale(.sctp, addressed: backend("10.96.0.10"), answering: backend("10.0.0.2"), isToNode: false))
    }
}
