import KubeModel
import NetworkTypes
import Testing

/// Objects as a real API server (1.36.2) sent them.
@Suite struct APIServerTests {
    private func services() throws -> [String: Service] {
        let services = try fixtureObjects("services-list").compactMap { object -> Service? in
            if case .service(let service) = object { service } else { nil }
        }
        return Dictionary(uniqueKeysWithValues: services.map { ($0.name.name, $0) })
    }

    private func slices() throws -> [String: EndpointSlice] {
        let slices = try fixtureObjects("endpointslices-list").compactMap { object -> EndpointSlice? in
            if case .endpointSlice(let slice) = object { slice } else { nil }
        }
        return Dictionary(uniqueKeysWithValues: slices.map { ($0.name.name, $0) })
    }

    @Test("A ServiceList gives its items the kind that they leave out")
    func serviceList() throws {
        let services = try services()
        #expect(services.keys.sorted() == ["anyip", "cart", "checkout", "front", "kubernetes", "outside"])
        #expect(
            services["kubernetes"]
                == Service(
                    name: NamespacedName(namespace: "default", name: "kubernetes"),
                    creationTimestamp: "2026-11-21T11:37:17Z",
                    labels: ["component": "apiserver", "provider": "kubernetes"],
                    clusterIPs: [.v4(IPv4Address(10, 96, 0, 1))], ports: [ServicePort(name: "https", port: 443)]))
    }

    @Test("A NodePort Service has its ports, protocols, policy and affinity")
    func nodePort() throws {
        let checkout = try #require(try services()["checkout"])
        #expect(checkout.type == .nodePort)
        #expect(
            checkout.ports == [
                ServicePort(name: "http", port: 80, nodePort: 32194),
                ServicePort(name: "dns", proto: .udp, port: 53, nodePort: 31413),
                ServicePort(name: "sig", proto: .sctp, port: 7777, nodePort: 31468),
            ])
        #expect(checkout.externalTrafficPolicy == .local)
        #expect(checkout.internalTrafficPolicy == .cluster)
        #expect(checkout.affinityTimeoutSeconds == 60)
    }

    @Test("A LoadBalancer's VIPs are taken, but not the IPs of mode Proxy nor the host names")
    func loadBalancer() throws {
        let front = try #require(try services()["front"])
        #expect(front.loadBalancerIPs.map(\.description) == ["203.0.113.5", "2001:db8::5"])
        #expect(front.loadBalancerSourceRanges.map(\.description) == ["192.0.2.0/24", "2001:db8::/32"])
        #expect(front.clusterIPs.map(\.description) == ["10.96.33.106", "fd96::d:6034"])
        #expect(front.healthCheckNodePort == 30186)
        #expect(front.internalTrafficPolicy == .local)
    }

    @Test("An ExternalName Service has no ports and no addresses")
    func externalName() throws {
        let outside = try #require(try services()["outside"])
        #expect(outside.type == .externalName)
        #expect(outside.ports.isEmpty && outside.clusterIPs.isEmpty && !outside.isHeadless)
    }

    @Test("A slice has its Service, ports, conditions, node, zone and hints")
    func slice() throws {
        let cart = try #require(try slices()["cart-a"])
        #expect(cart.service == NamespacedName(namespace: "shop", name: "cart"))
        #expect(cart.family == .ipv4)
        #expect(cart.ports == [EndpointPort(name: "http", port: 8080)])
        #expect(
            cart.endpoints == [
                Endpoint(
                    address: .v4(IPv4Address(10, 244, 1, 2)), nodeName: "node-1", zoneHints: ["a"],
                    nodeHints: ["node-1"]),
                Endpoint(
                    address: .v4(IPv4Address(10, 244, 2, 2)), ready: false, terminating: true, nodeName: "node-2"),
                Endpoint(
                    address: .v4(IPv4Address(10, 244, 2, 3)), ready: false, serving: false, nodeName: "node-2"),
            ])
    }

    @Test("Slices without endpoints, without ports and of host names decode")
    func sparseSlices() throws {
        let slices = try slices()
        #expect(slices["front-a"]?.endpoints == [])
        #expect(slices["front-nil-ports"]?.ports == [])
        #expect(slices["anyip-fqdn"]?.family == nil)
        #expect(slices["anyip-fqdn"]?.endpoints == [])
        #expect(slices["checkout-a"]?.endpoints.count == 10)
    }

    @Test("A Node has its addresses, its pod networks and its labels")
    func node() throws {
        let objects = try fixtureObjects("node-list")
        #expect(
            objects == [
                .node(
                    Node(
                        name: "node-1",
                        labels: ["kubernetes.io/hostname": "node-1", "topology.kubernetes.io/zone": "a"],
                        addresses: [IPAddress("192.0.2.11"), IPAddress("2001:db8::11")].compactMap(\.self),
                        podCIDRs: [CIDR("10.244.1.0/24"), CIDR("fd00:10:244:1::/64")].compactMap(\.self),
                        isToBeDeleted: true))
            ])
    }

    @Test(
        "A slice says when what it tells of happened, to the nanosecond, or does not",
        arguments: [
            ("2026-11-28T16:29:18.420263023Z", 1_795_883_358_420_263_023),
            ("2026-11-28T17:29:18.5+01:00", 1_795_883_358_500_000_000),
            ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.9999999999Z", -1),
            ("2026-11-28", nil), ("", nil), ("9999-01-01T00:00:00Z", nil),
        ] as [(String, Int64?)])
    func triggerTime(text: String, expected: Int64?) throws {
        var metadata = MetadataFields(name: "a-1", namespace: "default")
        metadata.labels = ["kubernetes.io/service-name": "a"]
        metadata.lastChangeTriggerTime = text
        var remarks: [FieldRemark] = []
        let slice = try EndpointSlice(
            EndpointSliceFields(metadata: metadata, addressType: "IPv4"), remarks: &remarks)
        #expect(slice.changedAt == expected && remarks.isEmpty)
    }
}
