import KubeModel
import NetworkTypes
import Testing

/// The checks of the other kinds, on fields that no text gave.
@Suite struct CheckTests {
    private var remarks: [FieldRemark] = []
    private let metadata = MetadataFields(name: "web-1", namespace: "shop")

    private mutating func object(_ fields: ObjectFields) throws(FieldRemark) -> KubeObject {
        remarks = []
        return try KubeObject(fields, remarks: &remarks)
    }

    private mutating func error(_ fields: ObjectFields) -> String {
        do throws(FieldRemark) { return "accepted: \(try object(fields))" } catch { return "\(error)" }
    }

    @Test("A slice's endpoints have the defaults of their conditions, and one without an address is passed over")
    mutating func slice() throws {
        var there = EndpointSliceFields.Endpoint(addresses: ["10.0.0.1", "10.0.0.9"])
        there.serving = false
        there.nodeName = "n"
        there.zoneHints = ["a"]
        var fields = EndpointSliceFields(
            metadata: metadata, addressType: "IPv4", endpoints: [EndpointSliceFields.Endpoint(), there],
            ports: [EndpointPortFields(name: "a"), EndpointPortFields(protocol: "SCTP", port: 7)])
        fields.metadata?.labels = ["kubernetes.io/service-name": "web"]
        let slice = EndpointSlice(
            name: NamespacedName(namespace: "shop", name: "web-1"),
            service: NamespacedName(namespace: "shop", name: "web"), family: .ipv4,
            ports: [EndpointPort(proto: .sctp, port: 7)],
            endpoints: [
                Endpoint(address: .v4(IPv4Address(10, 0, 0, 1)), serving: false, nodeName: "n", zoneHints: ["a"])
            ])
        #expect(try object(.endpointSlice(fields)) == .endpointSlice(slice))
        #expect(
            remarks.map(\.description) == ["endpoints[0].addresses: is empty; the endpoint is passed over"])
        fields.addressType = nil
        #expect(error(.endpointSlice(fields)) == "addressType: is missing (IPv4, IPv6 or FQDN)")
        fields.addressType = "IPv6"
        #expect(
            error(.endpointSlice(fields)) == "endpoints[1].addresses: \"10.0.0.1\" is not an IPv6 address")
    }

    @Test("In an Endpoints object every path leads to the entry")
    mutating func endpoints() {
        let good = EndpointsFields.Address(ip: "10.0.0.1")
        let subset = EndpointsFields.Subset(addresses: [good], ports: [EndpointPortFields(port: 80)])
        func fields(_ second: EndpointsFields.Subset) -> ObjectFields {
            .endpoints(EndpointsFields(metadata: metadata, subsets: [subset, second]))
        }
        #expect(
            error(fields(EndpointsFields.Subset(addresses: [good, EndpointsFields.Address()])))
                == "subsets[1].addresses[1].ip: \"\" is not an IP address")
        #expect(
            error(fields(EndpointsFields.Subset(notReadyAddresses: [EndpointsFields.Address(ip: "::1")])))
                == "subsets[1].notReadyAddresses[0].ip: ::1 is a loopback address, not an endpoint")
        #expect(
            error(fields(EndpointsFields.Subset(ports: [EndpointPortFields(name: "a")])))
                == "subsets[1].ports[0].port: is missing")
    }

    @Test("A Node's own addresses count, internal ones first, and podCIDR only where there are no podCIDRs")
    mutating func node() throws {
        func address(_ type: String, _ text: String) -> NodeFields.Address {
            NodeFields.Address(type: type, address: text)
        }
        var fields = NodeFields(
            metadata: MetadataFields(name: "n"), podCIDR: "10.244.9.0/24", podCIDRs: ["x", "10.244.1.0/24"],
            addresses: [
                address("ExternalIP", "203.0.113.1"), address("Hostname", "n"), address("InternalIP", "bad"),
                address("InternalIP", "192.0.2.1"),
            ])
        guard case .node(let node) = try object(.node(fields)) else { throw NotDecoded(json: "\(fields)") }
        #expect(node.addresses.map(\.description) == ["192.0.2.1", "203.0.113.1"])
        #expect(node.podCIDRs.map(\.description) == ["10.244.1.0/24"])
        #expect(remarks.map(\.path.description) == ["spec.podCIDRs[0]", "status.addresses[2].address"])
        fields.podCIDRs = nil
        fields.podCIDR = "x"
        #expect(error(.node(fields)) == "spec.podCIDR: \"x\" is not a network such as 10.244.1.0/24")
    }

    @Test("A ServiceCIDR has its networks and no namespace")
    mutating func serviceCIDR() throws {
        let fields = ServiceCIDRFields(metadata: MetadataFields(name: "kubernetes"), cidrs: ["10.96.0.0/16", "x"])
        let object = try object(.serviceCIDR(fields))
        #expect(object.id.description == "ServiceCIDR kubernetes")
        #expect(object == .serviceCIDR(ServiceCIDR(name: "kubernetes", cidrs: [try #require(CIDR("10.96.0.0/16"))])))
        #expect(remarks.map(\.path.description) == ["spec.cidrs[1]"])
    }

    @Test("An identity needs no more than a name; cluster-wide kinds leave a namespace out")
    func identity() {
        #expect(ObjectID(.service, name: "a", namespace: nil)?.description == "Service default/a")
        #expect(ObjectID(.endpoints, name: "a", namespace: "x")?.description == "Endpoints x/a")
        #expect(ObjectID(.node, name: "a", namespace: "x")?.description == "Node a")
        #expect(ObjectID(.serviceCIDR, name: "a", namespace: "x")?.description == "ServiceCIDR a")
        #expect(ObjectID(.service, name: "A", namespace: nil) == nil)
        #expect(ObjectID(.service, name: nil, namespace: "x") == nil)
        #expect(ObjectID(.service, name: "a", namespace: "x.y") == nil)
    }
}
