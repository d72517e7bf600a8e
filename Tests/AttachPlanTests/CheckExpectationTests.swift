import AttachPlan
import Attachments
import CNIProtocol
import NetworkTypes
import Testing

/// What CHECK says of a pod whose links, addresses and routes somebody has changed.
@Suite struct CheckExpectationTests {
    private static let attachment = Attachment(network: "pods", containerID: "c1", interfaceName: "eth0")

    private func expectation(_ keys: String = "", more interfaces: String = "") throws -> CheckExpectation {
        let text = """
            {"cniVersion":"1.1.0","name":"pods","type":"fairway","ipam":{"subnet":"10.85.0.0/24"}\(keys),"prevResult":\
            {"cniVersion":"1.1.0","interfaces":[{"name":"cni0","mac":"0a:58:0a:55:00:01"},\
            {"name":"\(Self.attachment.hostLinkName)","mtu":1500},{"name":"eth0","sandbox":"/pod","mtu":1500}\(interfaces)],\
            "ips":[{"interface":2,"address":"10.85.0.2/24","gateway":"10.85.0.1"}],\
            "routes":[{"dst":"0.0.0.0/0","gw":"10.85.0.1"},{"dst":"192.0.2.0/24","table":9,"priority":5}]}}
            """
        let network = try NetworkConfiguration(parsing: Array(text.utf8))
        return CheckExpectation(
            try PluginConfiguration(network, arguments: [:]), of: Self.attachment,
            previous: try #require(try network.previousResult()))
    }

    private func link(_ index: Int32, _ name: String, kind: String, alias: String = "") -> ObservedLink {
        var link = ObservedLink(index: index, name: name, kind: kind)
        (link.alias, link.isUp, link.mtu) = (alias, true, 1500)
        return link
    }

    private func host() throws -> ObservedHost {
        var host = ObservedHost()
        var bridge = link(7, "cni0", kind: "bridge")
        bridge.mac = MACAddress("0a:58:0a:55:00:01")
        bridge.callsNetfilter = true
        host.bridge = bridge
        host.gatewayAddresses = [try #require(CIDR("10.85.0.1/24"))]
        var end = link(8, Self.attachment.hostLinkName, kind: "veth", alias: Self.attachment.alias)
        (end.master, end.peer, end.hairpin, end.isIsolated) = (7, 2, true, false)
        host.link = end
        return host
    }

    private func pod() throws -> ObservedPod {
        var pod = ObservedPod()
        pod.link = link(2, "eth0", kind: "veth")
        pod.link?.peer = 8
        pod.addresses = [try #require(CIDR("10.85.0.2/24"))]
        var route = RouteConfiguration(
            destination: try #require(CIDR("0.0.0.0/0")), gateway: IPAddress("10.85.0.1"))
        (route.table, route.priority) = (254, 0)
        var other = RouteConfiguration(destination: try #require(CIDR("192.0.2.0/24")))
        (other.table, other.priority) = (9, 5)
        pod.routes = [route, other]
        return pod
    }

    @Test("An attachment as ADD made it has not drifted")
    func intact() throws {
        let expectation = try expectation()
        let (host, pod) = (try host(), try pod())
        #expect(expectation.drift(ofHost: host) == [])
        #expect(expectation.drift(ofPod: pod, hostLink: host.link) == [])
        #expect(expectation.addresses.map(\.description) == ["10.85.0.2/24"])
    }

    @Test("The gateway of a pod's VLAN is the link that ADD's result names, or else the bridge")
    func vlanGateway() throws {
        // The bridge itself was untagged in the VLAN.
        #expect(try expectation(#","vlan":1"#).gatewayLink == "cni0")
        #expect(try expectation(#","vlan":5"#, more: #",{"name":"cni0.5"}"#).gatewayLink == "cni0.5")
    }

    @Test("Each difference on the node is named")
    func node() throws {
        let expectation = try expectation()
        func drift(_ change: (inout ObservedHost) -> Void) throws -> [String] {
            var host = try host()
            change(&host)
            return expectation.drift(ofHost: host)
        }
        let name = Self.attachment.hostLinkName
        #expect(try drift { $0.bridge = nil } == ["bridge cni0 is missing"])
        #expect(try drift { $0.bridge?.isUp = false } == ["bridge cni0 is down"])
        #expect(try drift { $0.bridge?.isPromiscuous = true } == ["promiscuous mode of bridge cni0 is not off"])
        #expect(
            try drift { $0.bridge?.callsNetfilter = false } == [
                "bridge cni0 has nf_call_iptables or nf_call_ip6tables off"
            ])
        #expect(
            try drift { $0.bridge?.mac = nil } == ["bridge cni0 has MAC address none, not 0a:58:0a:55:00:01"])
        #expect(try drift { $0.switchesOff = ["a/b"] } == ["forwarding is off: a/b is not 1"])
        #expect(try drift { $0.gatewayAddresses = [] } == ["address 10.85.0.1/24 is missing on bridge cni0"])
        #expect(try drift { $0.link = nil } == ["host link \(name) is missing"])
        #expect(try drift { $0.link?.alias = "x" } == ["host link \(name) has the alias \"x\""])
        #expect(try drift { $0.link?.mtu = 1400 } == ["host link \(name) has MTU 1400, not 1500"])
        #expect(try drift { $0.link?.master = nil } == ["host link \(name) has another master than bridge cni0"])
        #expect(try drift { $0.link?.hairpin = false } == ["hairpin of host link \(name) is not on"])
        #expect(try drift { $0.link?.isIsolated = true } == ["isolation of host link \(name) is not off"])
    }

    @Test("Each difference in the pod is named")
    func inPod() throws {
        let keys = #","runtimeConfig":{"bandwidth":{"egressRate":8000,"egressBurst":80000}}"#
        let (expectation, hostLink) = (try expectation(keys), try host().link)
        func drift(_ change: (inout ObservedPod) -> Void) throws -> [String] {
            var pod = try pod()
            pod.bytesPerSecond = 1000
            change(&pod)
            return expectation.drift(ofPod: pod, hostLink: hostLink)
        }
        #expect(try drift { _ in } == [])
        #expect(try drift { $0.link = nil } == ["interface eth0 is missing in the container"])
        #expect(try drift { $0.link?.isUp = false } == ["interface eth0 is down"])
        #expect(
            try drift { $0.link?.peer = 9 } == [
                "interface eth0 is not the other end of host link \(Self.attachment.hostLinkName)"
            ])
        #expect(try drift { $0.addresses = [] } == ["address 10.85.0.2/24 is missing on interface eth0"])
        #expect(try drift { $0.routes[0].gateway = nil } == ["route to 0.0.0.0/0 via 10.85.0.1 is missing"])
        #expect(try drift { $0.routes[1].table = 254 } == ["route to 192.0.2.0/24 is missing"])
        #expect(try drift { $0.routes[1].priority = 6 } == ["route to 192.0.2.0/24 is missing"])
        #expect(
            try drift { $0.bytesPerSecond = nil } == ["interface eth0 is not shaped to 8000 bits per second"])
        #expect(
            try drift { $0.bytesPerSecond = 500 } == ["interface eth0 is shaped to 4000 bits per second, not 8000"])
    }
}
