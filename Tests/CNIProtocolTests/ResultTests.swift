import CNIProtocol
import NetworkTypes
import Testing

@Suite struct ResultTests {
    private func sample() throws -> AddResult {
        var route = RouteConfiguration(destination: try #require(CIDR("10.0.0.0/8")), gateway: IPAddress("10.1.0.1"))
        route.mtu = 1400
        route.table = 100
        route.scope = 0
        return AddResult(
            interfaces: [
                AddResult.Interface(name: "eth0", mac: MACAddress("0a:58:0a:01:00:02"), mtu: 1500, sandbox: "/n")
            ],
            addresses: [
                AddResult.Address(
                    interface: 0, address: try #require(CIDR("10.1.0.2/24")), gateway: IPAddress("10.1.0.1")),
                AddResult.Address(address: try #require(CIDR("fd00::2/64"))),
            ],
            routes: [route])
    }

    @Test(
        "Before 1.0.0 addresses name their family, dns is always there, interfaces have no mtu",
        arguments: [
            SpecVersion.v0_3_1, .v0_4_0,
        ])
    func old(version: SpecVersion) throws {
        #expect(
            try sample().json(version).serialized == """
                {"cniVersion":"\(version.rawValue)",\
                "interfaces":[{"name":"eth0","mac":"0a:58:0a:01:00:02","sandbox":"/n"}],\
                "ips":[{"version":"4","interface":0,"address":"10.1.0.2/24","gateway":"10.1.0.1"},\
                {"version":"6","address":"fd00::2/64"}],\
                "routes":[{"dst":"10.0.0.0/8","gw":"10.1.0.1","mtu":1400,"table":100,"scope":0}],"dns":{}}
                """)
    }

    @Test(
        "From 1.0.0 on addresses have no version, interfaces an mtu, and an empty dns is left out",
        arguments: [
            SpecVersion.v1_0_0, .v1_1_0,
        ])
    func new(version: SpecVersion) throws {
        #expect(
            try sample().json(version).serialized == """
                {"cniVersion":"\(version.rawValue)",\
                "interfaces":[{"name":"eth0","mac":"0a:58:0a:01:00:02","mtu":1500,"sandbox":"/n"}],\
                "ips":[{"interface":0,"address":"10.1.0.2/24","gateway":"10.1.0.1"},\
                {"address":"fd00::2/64"}],\
                "routes":[{"dst":"10.0.0.0/8","gw":"10.1.0.1","mtu":1400,"table":100,"scope":0}]}
                """)
    }

    @Test("A result is read back as prevResult in every version, index 0 and all", arguments: SpecVersion.allCases)
    func readBack(version: SpecVersion) throws {
        var expected = try sample()
        let text = #"{"cniVersion":"1.1.0","name":"n","prevResult":"# + expected.json(version).serialized + "}"
        if version < .v1_0_0 { expected.interfaces[0].mtu = nil }
        let configuration = try NetworkConfiguration(parsing: Array(text.utf8))
        #expect(try configuration.previousResult() == expected)
    }

    @Test("DNS is written with the result's key names")
    func dns() {
        var result = AddResult()
        result.dns.nameservers = ["10.96.0.10"]
        result.dns.domain = "d"
        result.dns.search = ["a", "b"]
        #expect(
            result.json(.v1_1_0).serialized
                == #"{"cniVersion":"1.1.0","dns":{"nameservers":["10.96.0.10"],"domain":"d","search":["a","b"]}}"#)
    }

    @Test("An error has the version, its code, a message, and details when there are any")
    func error() {
        #expect(
            CNIError(.invalidConfiguration, "m", details: "d").json(.v1_0_0).serialized
                == #"{"cniVersion":"1.0.0","code":7,"msg":"m","details":"d"}"#)
        #expect(CNIError(.undecodable, "m").json(.v1_1_0).serialized == #"{"cniVersion":"1.1.0","code":6,"msg":"m"}"#)
    }

    @Test("The codes are the specification's")
    func codes() {
        let codes: [CNIError.Code] = [
            .incompatibleVersion, .unsupportedField, .invalidEnvironment, .inputOutput, .undecodable,
            .invalidConfiguration, .invalidNamespace, .tryAgainLater, .notAvailable, .limitedConnectivity,
        ]
        #expect(codes.map(\.rawValue) == [1, 2, 4, 5, 6, 7, 8, 11, 50, 51])
        let own: [CNIError.Code] = [.kernel, .alreadyAttached, .poolExhausted, .drifted, .incompleteCollection]
        #expect(own.allSatisfy { $0.rawValue >= 100 } && Set(own).count == own.count)
    }
}
