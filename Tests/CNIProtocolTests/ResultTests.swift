import CNIProtocol
import JSON
import NetworkTypes
import Testing

@Suite struct ResultTests {
    private static let byFamily = [SpecVersion.v0_1_0, .v0_2_0]
    private static let tagged = [SpecVersion.v0_3_0, .v0_3_1, .v0_4_0]
    private static let current = [SpecVersion.v1_0_0, .v1_1_0]

    private func sample() throws -> AddResult {
        var route = RouteConfiguration(destination: try #require(CIDR("10.0.0.0/8")), gateway: IPAddress("10.1.0.1"))
        route.mtu = 1400
        route.table = 100
        route.scope = 0
        var interface = AddResult.Interface(
            name: "eth0", mac: MACAddress("0a:58:0a:01:00:02"), mtu: 1500, sandbox: "/n")
        interface.socketPath = "/s"
        interface.pciID = "0000:00:1f.6"
        return AddResult(
            interfaces: [interface],
            addresses: [
                AddResult.Address(
                    interface: 0, address: try #require(CIDR("10.1.0.2/24")), gateway: IPAddress("10.1.0.1")),
                AddResult.Address(address: try #require(CIDR("fd00::2/64"))),
                AddResult.Address(interface: 0, address: try #require(CIDR("10.1.0.3/24"))),
            ],
            routes: [route, RouteConfiguration(destination: try #require(CIDR("fd01::/64")))])
    }

    @Test("Up to 0.2.0 the first address of each family comes with its family's routes, and dns", arguments: byFamily)
    func first(version: SpecVersion) throws {
        #expect(
            try sample().json(version).serialized == """
                {"cniVersion":"\(version.rawValue)",\
                "ip4":{"ip":"10.1.0.2/24","gateway":"10.1.0.1","routes":[{"dst":"10.0.0.0/8","gw":"10.1.0.1"}]},\
                "ip6":{"ip":"fd00::2/64","routes":[{"dst":"fd01::/64"}]},"dns":{}}
                """)
        var single = try sample()
        single.addresses.remove(at: 1)
        #expect(
            try single.json(version).serialized == """
                {"cniVersion":"\(version.rawValue)",\
                "ip4":{"ip":"10.1.0.2/24","gateway":"10.1.0.1","routes":[{"dst":"10.0.0.0/8","gw":"10.1.0.1"}]},"dns":{}}
                """)
    }

    @Test("Up to 0.2.0 a result without addresses cannot be told", arguments: SpecVersion.allCases)
    func noAddress(version: SpecVersion) throws {
        var result = try sample()
        result.addresses = []
        if Self.byFamily.contains(version) {
            let error = #expect(throws: CNIError.self) { try result.json(version) }
            #expect(error?.message == "cannot convert: no valid IP addresses")
            #expect(error?.code == .invalidConfiguration)
        } else {
            #expect(try !result.json(version).serialized.contains("ips"))
        }
    }

    @Test(
        "Before 1.0.0 addresses name their family, dns is always there, interfaces have three members",
        arguments: tagged)
    func old(version: SpecVersion) throws {
        #expect(
            try sample().json(version).serialized == """
                {"cniVersion":"\(version.rawValue)",\
                "interfaces":[{"name":"eth0","mac":"0a:58:0a:01:00:02","sandbox":"/n"}],\
                "ips":[{"version":"4","interface":0,"address":"10.1.0.2/24","gateway":"10.1.0.1"},\
                {"version":"6","address":"fd00::2/64"},{"version":"4","interface":0,"address":"10.1.0.3/24"}],\
                "routes":[{"dst":"10.0.0.0/8","gw":"10.1.0.1","mtu":1400,"table":100,"scope":0},{"dst":"fd01::/64"}],\
                "dns":{}}
                """)
    }

    @Test(
        "From 1.0.0 on addresses have no version, interfaces more members, and an empty dns is left out",
        arguments: current)
    func new(version: SpecVersion) throws {
        #expect(
            try sample().json(version).serialized == """
                {"cniVersion":"\(version.rawValue)",\
                "interfaces":[{"name":"eth0","mac":"0a:58:0a:01:00:02","mtu":1500,"sandbox":"/n","socketPath":"/s",\
                "pciID":"0000:00:1f.6"}],\
                "ips":[{"interface":0,"address":"10.1.0.2/24","gateway":"10.1.0.1"},\
                {"address":"fd00::2/64"},{"interface":0,"address":"10.1.0.3/24"}],\
                "routes":[{"dst":"10.0.0.0/8","gw":"10.1.0.1","mtu":1400,"table":100,"scope":0},{"dst":"fd01::/64"}]}
                """)
    }

    @Test("DNS is written with the result's key names")
    func dns() throws {
        var result = AddResult()
        result.dns.nameservers = ["10.96.0.10"]
        result.dns.domain = "d"
        result.dns.search = ["a", "b"]
        #expect(
            try result.json(.v1_1_0).serialized
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
