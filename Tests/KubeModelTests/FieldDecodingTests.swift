import JSON
import KubeModel
import Testing

/// The fields that no object shows yet, and those of which nothing is made.
@Suite struct FieldDecodingTests {
    private func items<Fields>(_ name: String, _ read: (FieldReader) throws -> Fields) throws -> [Fields] {
        guard case .object(let list) = try fixture(name), case .array(let items)? = list["items"] else { return [] }
        return try items.map { try read(FieldReader($0)) }
    }

    @Test("A Service of a real API server has every field that was sent")
    func service() throws {
        let services = try items("services-list", ServiceFields.init)
        let front = try #require(services.first { $0.metadata?.name == "front" })
        #expect(front.metadata?.uid == "c40b463a-d953-4bd7-923d-c5f254f5c51d")
        #expect(front.metadata?.resourceVersion == "110")
        #expect(front.spec?.ipFamilies == ["IPv4", "IPv6"])
        #expect(front.spec?.ipFamilyPolicy == "PreferDualStack")
        #expect(front.spec?.allocateLoadBalancerNodePorts == true)
        #expect(front.ingress?.map(\.ipMode) == ["VIP", "Proxy", nil, "VIP"])
        let anyIP = try #require(services.first { $0.metadata?.name == "anyip" })
        #expect(anyIP.spec?.publishNotReadyAddresses == true)
        #expect(anyIP.spec?.trafficDistribution == "PreferClose")
        #expect(anyIP.metadata?.deletionTimestamp == nil && anyIP.spec?.loadBalancerClass == nil)
    }

    @Test("So have a slice, a Node and a ServiceCIDR")
    func others() throws {
        let slices = try items("endpointslices-list", EndpointSliceFields.init)
        let cart = try #require(slices.first { $0.metadata?.name == "cart-a" })
        #expect(cart.metadata?.lastChangeTriggerTime == "2026-01-02T03:04:05Z")
        #expect(cart.endpoints?.map(\.terminating) == [false, true, false])
        #expect(cart.endpoints?.first?.nodeHints == ["node-1"])
        #expect(
            try items("node-list", NodeFields.init).first?.taintKeys
                == ["ToBeDeletedByClusterAutoscaler", "node.kubernetes.io/not-ready"])
        #expect(try fixtureObjects("servicecidr-list").map(\.id.description) == ["ServiceCIDR kubernetes"])
    }

    @Test(
        "A wrong type in a field of which nothing is made costs nothing",
        arguments: [
            #""ipFamilies":"IPv4""#, #""ipFamilyPolicy":1"#, #""trafficDistribution":[]"#, #""loadBalancerClass":{}"#,
            #""allocateLoadBalancerNodePorts":"no""#, #""publishNotReadyAddresses":1"#,
            #""sessionAffinityConfig":{"clientIP":{"timeoutSeconds":"5"}}"#,
        ])
    func unusedOfService(field: String) throws {
        let service = try decodeService(serviceJSON("{\(field)}"))
        #expect(try decodeService(serviceJSON("{}")) == service)
    }

    @Test("Nor does it in metadata, in a slice of host names, or beside a missing address")
    func unusedElsewhere() throws {
        let metadata = #"{"name":"w","uid":1,"resourceVersion":[],"deletionTimestamp":{},"annotations":7}"#
        let service = try decodeService(#"{"apiVersion":"v1","kind":"Service","metadata":\#(metadata),"spec":{}}"#)
        #expect(service.name.name == "w")
        #expect(try decodeSlice(sliceJSON(#""addressType":"FQDN","endpoints":[7]"#)).endpoints.isEmpty)
        let unreachable = #""addressType":"IPv4","endpoints":[{"addresses":[],"conditions":{"ready":"yes"}}]"#
        #expect(try decodeSlice(sliceJSON(unreachable)).endpoints.isEmpty)
        let node = try decodeItem(
            #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"},"spec":{"taints":"x"},"status":{"addresses":[{"type":"Hostname","address":7}]}}"#
        )
        guard case .object = node.outcome else { throw NotDecoded(json: "\(node)") }
    }

    @Test(
        "A ServiceCIDR that cannot be used is ignored, because nothing is made of one yet",
        arguments: [
            #"{"apiVersion":"networking.k8s.io/v1beta1","kind":"ServiceCIDR","metadata":{"name":"a"}}"#,
            #"{"apiVersion":"networking.k8s.io/v1","kind":"ServiceCIDR","metadata":{"name":"A"}}"#,
            #"{"apiVersion":"networking.k8s.io/v1","kind":"ServiceCIDR","metadata":{"name":"a","labels":7}}"#,
        ])
    func wrongServiceCIDR(json: String) throws {
        let item = try decodeItem(json)
        guard case .ignored = item.outcome else { throw NotDecoded(json: "\(item)") }
        #expect(item.remarks.isEmpty)
        let mistyped =
            #"{"apiVersion":"networking.k8s.io/v1","kind":"ServiceCIDR","metadata":{"name":"a"},"spec":{"cidrs":7}}"#
        guard case .object = try decodeItem(mistyped).outcome else { throw NotDecoded(json: mistyped) }
    }
}
