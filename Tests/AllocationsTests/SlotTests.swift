import Allocations
import JSON
import KubeModel
import NetworkTypes
import Testing

/// What a Service gets, as an API server would give it.
@Suite struct SlotTests {
    @Test("Cluster IPs are of the families that the Service asks for")
    func families() {
        for (spec, families) in [
            (#"{"ports":[{"port":80}]}"#, ["IPv4"]),
            (#"{"ipFamilies":["IPv6"],"ports":[{"port":80}]}"#, ["IPv6"]),
            (#"{"ipFamilyPolicy":"SingleStack","ports":[{"port":80}]}"#, ["IPv4"]),
            (#"{"ipFamilyPolicy":"PreferDualStack","ports":[{"port":80}]}"#, ["IPv4", "IPv6"]),
            (#"{"ipFamilyPolicy":"RequireDualStack","ipFamilies":["IPv6"],"ports":[{"port":80}]}"#, ["IPv6", "IPv4"]),
            (#"{"ipFamilyPolicy":"PreferDualStack","clusterIP":"10.97.0.1","ports":[{"port":80}]}"#, ["IPv4", "IPv6"]),
            (#"{"clusterIP":"fd01::1","ports":[{"port":80}]}"#, ["IPv6"]), (#"{"clusterIP":"None"}"#, []),
            (#"{"type":"ExternalName","externalName":"a.example"}"#, []),
        ] {
            var cluster = Cluster("10.96.0.0/16", "fd00:96::/112")
            cluster.take(service("web", spec))
            #expect(cluster.services["web"]?.clusterIPs.map(\.family.rawValue) == families, "\(spec)")
        }
        var first = Cluster("fd00:96::/112", "10.96.0.0/16")
        first.take(service("web"))
        #expect(first.services["web"]?.clusterIPs.map(\.family) == [.ipv6], "the first network's family")
        var single = Cluster("10.96.0.0/16")
        single.take(
            service("prefers", #"{"ipFamilyPolicy":"PreferDualStack","ports":[{"port":80}]}"#),
            service("requires", #"{"ipFamilyPolicy":"RequireDualStack","ports":[{"port":80}]}"#))
        #expect(single.clusterIPs("prefers").count == 1 && single.clusterIPs("requires").count == 1)
        #expect(single.notes.contains(.unserved(name("requires"), [.clusterIP(.ipv6)])))
        #expect(!single.notes.contains(.unserved(name("prefers"), [.clusterIP(.ipv6)])))
    }

    @Test("Node ports: one for the ports of a number, none for those that have one or may have none")
    func nodePorts() {
        var cluster = Cluster("10.96.0.0/16")
        cluster.take(
            service(
                "dns",
                #"{"type":"NodePort","ports":[{"name":"a","port":53},{"name":"b","protocol":"UDP","port":53},{"name":"c","port":80}]}"#
            ),
            service(
                "half",
                #"{"type":"NodePort","ports":[{"name":"a","port":53},{"name":"b","protocol":"UDP","port":53,"nodePort":30053}]}"#
            ),
            service("plain"),
            service("lb", #"{"type":"LoadBalancer","externalTrafficPolicy":"Local","ports":[{"port":80}]}"#),
            service(
                "portless",
                #"{"type":"LoadBalancer","allocateLoadBalancerNodePorts":false,"ports":[{"port":80}]}"#))
        let dns = cluster.nodePorts("dns")
        #expect(dns[0] == dns[1] && dns[0] != dns[2])
        #expect(dns.allSatisfy { (30086...32767).contains($0) }, "people choose from the first 86")
        #expect(cluster.nodePorts("half") == [30053, 30053])
        #expect(cluster.nodePorts("plain") == [0] && cluster.nodePorts("portless") == [0])
        let check = cluster.services["lb"]?.healthCheckNodePort ?? 0
        #expect(check != 0 && cluster.nodePorts("lb") != [check] && cluster.nodePorts("lb") != [0])
        #expect(cluster.services["portless"]?.healthCheckNodePort == 0)
    }

    @Test("Load balancer IPs: for whom nobody else balances, of the Service's families, or the one it asks for")
    func loadBalancers() {
        let spec = #"{"type":"LoadBalancer","ports":[{"port":80}]}"#
        var cluster = Cluster("10.96.0.0/16", "fd00:96::/112", balanced: ["192.0.2.0/24", "2001:db8::/120"])
        cluster.take(
            service("plain", spec),
            service("dual", #"{"type":"LoadBalancer","ipFamilyPolicy":"RequireDualStack","ports":[{"port":80}]}"#),
            service("balanced", spec, status: #"{"loadBalancer":{"ingress":[{"ip":"198.51.100.1"}]}}"#),
            service("hostname", spec, status: #"{"loadBalancer":{"ingress":[{"hostname":"a.example"}]}}"#),
            service("class", #"{"type":"LoadBalancer","loadBalancerClass":"a.example/b","ports":[{"port":80}]}"#),
            service("asks", #"{"type":"LoadBalancer","loadBalancerIP":"192.0.2.77","ports":[{"port":80}]}"#),
            service("elsewhere", #"{"type":"LoadBalancer","loadBalancerIP":"203.0.113.9","ports":[{"port":80}]}"#))
        #expect(cluster.services["plain"]?.loadBalancerIPs.map(\.family) == [.ipv4])
        #expect(cluster.services["dual"]?.loadBalancerIPs.map(\.family) == [.ipv4, .ipv6])
        #expect(cluster.loadBalancerIPs("balanced") == ["198.51.100.1"])
        for name in ["hostname", "class", "elsewhere"] { #expect(cluster.loadBalancerIPs(name) == [], "\(name)") }
        #expect(cluster.loadBalancerIPs("asks") == ["192.0.2.77"])
        #expect(
            cluster.notes.filter { if case .unserved = $0 { true } else { false } }
                == [.unserved(name("elsewhere"), [.loadBalancerIP(.ipv4)])])
    }

    @Test("Where nothing is given out, each Service that leaves something is named once, with what it misses most")
    func nothing() {
        var cluster = Cluster(AllocationRanges())
        cluster.take(
            service("a"),
            service("b", #"{"type":"NodePort","clusterIP":"10.96.0.1","ports":[{"port":80},{"name":"b","port":81}]}"#),
            service("c", #"{"type":"LoadBalancer","clusterIP":"10.96.0.2","ports":[{"port":80}]}"#),
            naming("d", "10.96.0.3"), service("e", #"{"type":"ExternalName","externalName":"a.example"}"#))
        #expect(
            cluster.notes == [
                .unserved(name("a"), [.clusterIP(.ipv4)]), .unserved(name("b"), [.nodePort(80), .nodePort(81)]),
                .unserved(name("c"), [.loadBalancerIP(.ipv4)]),
            ])
        #expect(cluster.records == [] && cluster.delivered.count == 5)
    }

    @Test("A holding is read as it was written, and what is none is named")
    func lines() throws {
        for holding in [
            Holding(service: name("a"), slot: .clusterIP(.ipv4), value: 0x0a60_0001),
            Holding(service: name("a"), slot: .clusterIP(.ipv6), value: 1 << 120, isUsed: false),
            Holding(service: name("a"), slot: .loadBalancerIP(.ipv4), value: 0xc000_0201),
            Holding(service: name("a"), slot: .nodePort(80), value: 30080),
            Holding(service: name("a"), slot: .healthCheckNodePort, value: 30081, isUsed: false),
        ] {
            #expect(try Holding(JSONValue(parsing: Array(holding.json.serialized.utf8))) == holding)
        }
        for (line, reason) in [
            ("7", "no \"service\""), (#"{"service":"web"}"#, "no \"service\""),
            (#"{"service":"default/web"}"#, "no \"clusterIP\""),
            (#"{"service":"default/web","clusterIP":"10.96.0"}"#, "\"clusterIP\" is not an IP address"),
            (#"{"service":"default/web","nodePort":0,"port":80}"#, "\"nodePort\" is not a port"),
            (#"{"service":"default/web","nodePort":30080}"#, "no \"port\" beside"),
        ] {
            let error = #expect(throws: MalformedHolding.self) { try Holding(JSONValue(parsing: Array(line.utf8))) }
            #expect(error?.description.contains(reason) == true, "\(line)")
        }
    }
}
