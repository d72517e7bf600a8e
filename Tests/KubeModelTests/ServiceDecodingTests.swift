import KubeModel
import NetworkTypes
import Testing

@Suite struct ServiceDecodingTests {
    @Test("What a manifest leaves out has Kubernetes' defaults")
    func defaults() throws {
        let service = try decodeService(serviceJSON(#"{"clusterIP":"10.96.0.10","ports":[{"port":80}]}"#))
        #expect(
            service
                == Service(
                    name: NamespacedName(namespace: "default", name: "web"),
                    clusterIPs: [.v4(IPv4Address(10, 96, 0, 10))],
                    ports: [ServicePort(name: "", proto: .tcp, port: 80, nodePort: 0)]))
    }

    @Test("null is the same as absent")
    func nulls() throws {
        let service = try decodeService(
            #"""
            {"apiVersion":"v1","kind":"Service",
             "metadata":{"name":"web","namespace":null,"labels":null,"creationTimestamp":null},
             "spec":{"type":null,"clusterIP":null,"clusterIPs":null,"externalIPs":null,"sessionAffinity":null,
                     "ports":[{"name":null,"protocol":null,"port":80,"nodePort":null}]},
             "status":{"loadBalancer":{"ingress":null}}}
            """#)
        #expect(
            service
                == Service(
                    name: NamespacedName(namespace: "default", name: "web"), ports: [ServicePort(port: 80)],
                    unassigned: [Unassigned()]))
    }

    @Test(
        "A Service whose cluster IP is None is headless",
        arguments: [#""clusterIP":"None""#, #""clusterIPs":["None"]"#])
    func headless(field: String) throws {
        let service = try decodeService(serviceJSON("{\(field)}"))
        #expect(service.isHeadless && service.clusterIPs.isEmpty)
    }

    @Test("IPs with leading zeros and source ranges with spaces are read; what does not parse is passed over aloud")
    func badAddresses() throws {
        let item = try decodeItem(
            serviceJSON(
                #"""
                {"clusterIPs":["010.096.000.007","fd96::7"],"externalIPs":["198.51.100.7","x"],
                 "loadBalancerSourceRanges":[" 192.0.2.0/24 ","192.0.2.0/33"],"ports":[{"port":80}]}
                """#, status: #"{"loadBalancer":{"ingress":[{"ip":"203.0.113.5"},{"ip":"nope"}]}}"#))
        guard case .object(.service(let service)) = item.outcome else { throw NotDecoded(json: "\(item)") }
        #expect(service.clusterIPs.map(\.description) == ["10.96.0.7", "fd96::7"])
        #expect(service.externalIPs.map(\.description) == ["198.51.100.7"])
        #expect(service.loadBalancerSourceRanges.map(\.description) == ["192.0.2.0/24"])
        #expect(service.loadBalancerIPs.map(\.description) == ["203.0.113.5"])
        #expect(
            item.remarks.map(\.description) == [
                "spec.externalIPs[1]: \"x\" is not an IP address and is passed over",
                "spec.loadBalancerSourceRanges[1]: \"192.0.2.0/33\" is not a network such as 10.0.0.0/8 and is passed over",
                "status.loadBalancer.ingress[1].ip: \"nope\" is not an IP address and is passed over",
            ])
    }

    @Test("Addresses at which no Service can be reached are passed over aloud")
    func specialAddresses() throws {
        let item = try decodeItem(
            serviceJSON(
                #"""
                {"clusterIPs":["fd96::7"],"externalIPs":["127.0.0.1","224.0.0.1","198.51.100.7","fe80::1"],
                 "ports":[{"port":80}]}
                """#, status: #"{"loadBalancer":{"ingress":[{"ip":"::1"},{"ip":"203.0.113.5"}]}}"#))
        guard case .object(.service(let service)) = item.outcome else { throw NotDecoded(json: "\(item)") }
        #expect(service.clusterIPs.map(\.description) == ["fd96::7"])
        #expect(service.externalIPs.map(\.description) == ["198.51.100.7"])
        #expect(service.loadBalancerIPs.map(\.description) == ["203.0.113.5"])
        #expect(
            item.remarks.map(\.description) == [
                "spec.externalIPs[0]: 127.0.0.1 is a loopback address and is passed over",
                "spec.externalIPs[1]: 224.0.0.1 is a multicast address and is passed over",
                "spec.externalIPs[3]: fe80::1 is a link-local address and is passed over",
                "status.loadBalancer.ingress[0].ip: ::1 is a loopback address and is passed over",
            ])
    }

    @Test("What a Service leaves to others is known, and nothing of it where it names all that it can have")
    func unassigned() throws {
        let port = #""ports":[{"port":80}]"#
        for (spec, unassigned) in [
            ("{\(port)}", Unassigned()), (#"{"type":"NodePort",\#(port)}"#, Unassigned(nodePorts: true)),
            (
                #"{"clusterIP":"10.96.0.1","ipFamilyPolicy":"PreferDualStack","ipFamilies":["IPv4","IPv4"],\#(port)}"#,
                Unassigned(families: [.ipv4], familyPolicy: .preferDualStack)
            ),
            (
                #"{"type":"LoadBalancer","clusterIP":"10.96.0.1","externalTrafficPolicy":"Local",\#(port)}"#,
                Unassigned(nodePorts: true, healthCheckNodePort: true, loadBalancerIP: true)
            ),
            (
                #"{"type":"LoadBalancer","clusterIP":"10.96.0.1","allocateLoadBalancerNodePorts":false,"loadBalancerIP":"192.0.2.1",\#(port)}"#,
                Unassigned(loadBalancerIP: true, requestedLoadBalancerIP: IPAddress("192.0.2.1"))
            ),
            (
                #"{"type":"LoadBalancer","clusterIP":"10.96.0.1","allocateLoadBalancerNodePorts":false,"loadBalancerClass":"a/b",\#(port)}"#,
                nil
            ), (#"{"type":"ExternalName","clusterIP":"10.96.0.1"}"#, nil), (#"{"clusterIP":"None"}"#, nil),
            (#"{"clusterIP":"10.96.0.1",\#(port)}"#, nil),
            (#"{"clusterIP":"10.96.0.1","ipFamilyPolicy":"SingleStack",\#(port)}"#, nil),
            (#"{"type":"NodePort","clusterIP":"10.96.0.1","ports":[{"port":80,"nodePort":30080}]}"#, nil),
        ] as [(String, Unassigned?)] {
            let item = try decodeItem(serviceJSON(spec))
            guard case .object(.service(let service)) = item.outcome else { throw NotDecoded(json: "\(item)") }
            #expect(service.unassigned == (unassigned.map { [$0] } ?? []), "\(spec)")
            #expect(item.remarks.isEmpty)
        }
        let ofAnother = try decodeService(
            #"""
            {"apiVersion":"v1","kind":"Service","spec":{"ports":[{"port":80}]},
             "metadata":{"name":"web","labels":{"service.kubernetes.io/service-proxy-name":"other"}}}
            """#)
        #expect(ofAnother.unassigned == [])
        #expect(
            try decodeItem(sliceJSON(#""addressType":"IPv4""#)).remarks.map(\.description) == [
                "metadata.labels: kubernetes.io/service-name is missing, so the endpoints are no Service's"
            ])
    }

    @Test("A Service with every port there is decodes in time in proportion")
    func manyPorts() throws {
        let ports = ["TCP", "UDP"].flatMap { proto in
            (1...65535).map { #"{"name":"\#(proto.lowercased())\#($0)","protocol":"\#(proto)","port":\#($0)}"# }
        }
        let json = serviceJSON("{\"ports\":[\(ports.joined(separator: ","))]}")
        let begin = ContinuousClock.now
        #expect(try decodeService(json).ports.count == ports.count)
        #expect(ContinuousClock.now - begin < .seconds(10))
    }

    @Test("Session affinity lasts three hours unless the object says otherwise")
    func affinity() throws {
        let timeouts = try [
            #"{"sessionAffinity":"ClientIP"}"#,
            #"{"sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":5}}}"#,
            #"{"sessionAffinity":"None","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":5}}}"#,
        ].map { try decodeService(serviceJSON($0)).affinityTimeoutSeconds }
        #expect(timeouts == [10800, 5, nil])
    }

    @Test(
        "Creation times are brought to one form that sorts by time",
        arguments: [
            ("2026-11-21T11:37:17Z", "2026-11-21T11:37:17Z"), ("2026-01-01T00:30:00+02:00", "2025-12-31T22:30:00Z"),
            ("2024-02-28T23:30:00-01:00", "2024-02-29T00:30:00Z"),
            ("2026-11-21T11:37:17.123456Z", "2026-11-21T11:37:17Z"),
            ("2100-02-28T23:59:59-00:01", "2100-03-01T00:00:59Z"), ("0000-03-01T00:00:00Z", "0000-03-01T00:00:00Z"),
        ])
    func timestamps(text: String, normal: String) throws {
        let service = try decodeService(
            #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"w","creationTimestamp":"\#(text)"},"spec":{}}"#)
        #expect(service.creationTimestamp == normal)
    }

    @Test(
        "A field that is wrong is named, with what is wrong with it",
        arguments: [
            (#"{"ports":[{"port":70000}]}"#, "spec.ports[0].port: 70000 is not a port (1 to 65535)"),
            (#"{"ports":[{"port":0}]}"#, "spec.ports[0].port: 0 is not a port (1 to 65535)"),
            (#"{"ports":[{"port":1e99}]}"#, "spec.ports[0].port: is not a port (1 to 65535)"),
            (#"{"ports":[{"port":80.5}]}"#, "spec.ports[0].port: 80.5 is not a whole number"),
            (#"{"ports":[{"port":"80"}]}"#, "spec.ports[0].port: a string is not a whole number"),
            (#"{"ports":[{"name":"a"}]}"#, "spec.ports[0].port: is missing"),
            (#"{"ports":[{"port":80,"nodePort":-1}]}"#, "spec.ports[0].nodePort: -1 is not a port (0 to 65535)"),
            (
                #"{"ports":[{"port":80,"protocol":"ICMP"}]}"#,
                "spec.ports[0].protocol: \"ICMP\" is none of TCP, UDP, SCTP"
            ),
            (#"{"ports":{"port":80}}"#, "spec.ports: an object is not a list"),
            (#"{"ports":[80]}"#, "spec.ports[0]: a number is not a mapping"),
            (
                #"{"ports":[{"name":"a","port":80},{"name":"a","port":81}]}"#,
                "spec.ports[1].name: \"a\" is the name of another port of this Service"
            ),
            (
                #"{"ports":[{"name":"a","port":80},{"name":"b","port":80}]}"#,
                "spec.ports[1].port: 80/TCP is another port of this Service"
            ),
            (
                #"{"type":"NodePort","ports":[{"name":"a","port":80,"nodePort":30080},{"name":"b","port":81,"nodePort":30080}]}"#,
                "spec.ports[1].nodePort: 30080 is the node port of another port of this Service"
            ),
            (
                #"{"type":"Ingress"}"#,
                "spec.type: \"Ingress\" is none of ClusterIP, NodePort, LoadBalancer, ExternalName"
            ),
            (
                #"{"externalTrafficPolicy":"Nearby"}"#,
                "spec.externalTrafficPolicy: \"Nearby\" is none of Cluster, Local"
            ),
            (#"{"clusterIP":7}"#, "spec.clusterIP: a number is not a text"),
            (#"{"clusterIP":"10.96.0.1o"}"#, "spec.clusterIP: \"10.96.0.1o\" is not an IP address"),
            (#"{"clusterIPs":["fd96::7","1.2.3.400"]}"#, "spec.clusterIPs[1]: \"1.2.3.400\" is not an IP address"),
            (#"{"clusterIPs":["0.0.0.0"]}"#, "spec.clusterIPs[0]: 0.0.0.0 is the unspecified address"),
            (#"{"clusterIP":"255.255.255.255"}"#, "spec.clusterIP: 255.255.255.255 is the broadcast address"),
            (
                #"{"clusterIP":"::ffff:10.96.0.1"}"#,
                "spec.clusterIP: ::ffff:10.96.0.1 is an IPv4 address written as an IPv6 one"
            ),
            (
                #"{"clusterIP":"10.96.0.1","clusterIPs":["10.96.0.2"]}"#,
                "spec.clusterIPs[0]: \"10.96.0.2\" is not clusterIP \"10.96.0.1\""
            ),
            (
                #"{"clusterIPs":["10.96.0.1","10.96.0.2"]}"#,
                "spec.clusterIPs[1]: 10.96.0.2 is the second IPv4 address: one of each family"
            ),
            (
                #"{"clusterIP":"10.96.0.1","ipFamilies":["IPv6"]}"#,
                "spec.clusterIP: 10.96.0.1 is not IPv6, which ipFamilies[0] says"
            ),
            (#"{"clusterIP":"10.96.0.1"}"#, "spec.ports: is missing"),
            (
                #"{"ports":[{"port":80,"nodePort":30080}]}"#,
                "spec.ports[0].nodePort: only a Service of type NodePort or LoadBalancer has node ports"
            ),
            (#"[]"#, "spec: a list is not a mapping"),
            ("null", "spec: is missing"),
        ])
    func errors(spec: String, message: String) throws {
        #expect(try decodingError(serviceJSON(spec)) == "Service default/web: \(message)")
    }
}
