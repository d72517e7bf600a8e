import KubeModel
import NetworkTypes
import Testing

@Suite struct EndpointDecodingTests {
    @Test("An endpoint is ready and serving unless it says otherwise, and null says nothing")
    func conditions() throws {
        let slice = try decodeSlice(
            sliceJSON(
                #"""
                "addressType":"IPv4","endpoints":[{"addresses":["10.0.0.1"]},
                {"addresses":["10.0.0.2","10.0.0.9"],"conditions":{"ready":null,"serving":null,"terminating":null}},
                {"addresses":["10.0.0.3"],"conditions":{"ready":false}}]
                """#))
        #expect(slice.endpoints.map(\.ready) == [true, true, false])
        #expect(slice.endpoints.map(\.serving) == [true, true, true])
        #expect(slice.endpoints.map(\.terminating) == [false, false, false])
        #expect(slice.endpoints.map(\.address.description) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
        #expect(slice.service == nil)
    }

    @Test("A slice's port without a number is not kept, and one without a name has the empty one")
    func ports() throws {
        let slice = try decodeSlice(
            sliceJSON(#""addressType":"IPv6","ports":[{"name":"a"},{"port":53,"protocol":"UDP"}]"#))
        #expect(slice.ports == [EndpointPort(name: "", proto: .udp, port: 53)])
    }

    @Test(
        "What makes a slice unusable is named",
        arguments: [
            (#""endpoints":[]"#, "addressType: is missing (IPv4, IPv6 or FQDN)"),
            (
                #""addressType":"IPv4","endpoints":[{"addresses":["fd00::1"]}]"#,
                "endpoints[0].addresses: \"fd00::1\" is not an IPv4 address"
            ),
            (
                #""addressType":"IPv4","endpoints":[{"addresses":["127.0.0.1"]}]"#,
                "endpoints[0].addresses: 127.0.0.1 is a loopback address, not an endpoint"
            ),
            (
                #""addressType":"IPv4","endpoints":[{"addresses":["10.0.0.1"],"conditions":{"ready":"yes"}}]"#,
                "endpoints[0].conditions.ready: a string is not true or false"
            ),
            (#""addressType":"IPv4","ports":[{"port":65536}]"#, "ports[0].port: 65536 is not a port (1 to 65535)"),
        ])
    func sliceErrors(fields: String, message: String) throws {
        #expect(try decodingError(sliceJSON(fields)) == "EndpointSlice default/web-1: \(message)")
    }

    @Test("Endpoints (v1) keep addresses that are ready apart from those that are not")
    func endpoints() throws {
        let item = try decodeItem(
            #"""
            {"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"db","namespace":"x"},
             "subsets":[{"addresses":[{"ip":"10.0.0.1","nodeName":"n"}],"notReadyAddresses":[{"ip":"fd00::2"}],
                         "ports":[{"port":5432}]}]}
            """#)
        guard case .object(let object) = item.outcome else { throw NotDecoded(json: "\(item)") }
        let subset = Endpoints.Subset(
            endpoints: [
                Endpoint(address: .v4(IPv4Address(10, 0, 0, 1)), nodeName: "n"),
                Endpoint(address: try #require(IPAddress("fd00::2")), ready: false, serving: false),
            ], ports: [EndpointPort(port: 5432)])
        #expect(object == .endpoints(Endpoints(name: NamespacedName(namespace: "x", name: "db"), subsets: [subset])))
    }
}
