import CNIProtocol
import JSON
import NetworkTypes
import Testing

@Suite struct PreviousResultTests {
    private func previous(_ result: String, in version: SpecVersion) throws -> AddResult? {
        let text = #"{"cniVersion":"\#(version.rawValue)","name":"n","prevResult":\#(result)}"#
        return try NetworkConfiguration(parsing: Array(text.utf8)).previousResult()
    }

    /// A result with everything that a version can tell, in that version's own order.
    private static func full(_ version: SpecVersion, stated: Bool = true) -> String {
        let body =
            switch version.resultShape {
            case .byFamily:
                #"""
                "ip4":{"ip":"10.1.0.2/24","gateway":"10.1.0.1","routes":[{"dst":"0.0.0.0/0","gw":"10.1.0.1","x":1},\#
                {"dst":"10.2.0.0/16"}],"y":[]},"ip6":{"ip":"fd00::2/64"},"dns":{"search":["a"]},"z":null
                """#
            case .tagged:
                #"""
                "interfaces":[{"name":"ib0","mac":"80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:0a:6f:3d",\#
                "sandbox":"/n","driver":"mlx5"},{"name":"tun0"}],"ips":[{"version":"4","interface":0,\#
                "address":"10.1.0.2/24","gateway":"10.1.0.1","y":{"a":1}},{"version":"6","address":"fd00::2/64"}],\#
                "routes":[{"dst":"0.0.0.0/0","gw":"fd00::1","priority":5,"x":1}],"dns":{},"z":null
                """#
            case .current:
                #"""
                "interfaces":[{"name":"ib0","mac":"80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:0a:6f:3d",\#
                "mtu":2044,"sandbox":"/n","socketPath":"/s","pciID":"0000:3b:00.0","metadata":{"a":"b"}},{"name":"tun0"}],\#
                "ips":[{"interface":0,"address":"10.1.0.2/24","gateway":"10.1.0.1","y":{"a":1}},{"address":"fd00::2/64"}],\#
                "routes":[{"dst":"0.0.0.0/0","gw":"fd00::1","advmss":1,"x":1}],"z":null
                """#
            }
        return stated ? #"{"cniVersion":"\#(version.rawValue)",\#(body)}"# : "{\(body)}"
    }

    @Test(
        "A chained plugin passes a result through unchanged: unknown members, hardware addresses of any length, index 0",
        arguments: SpecVersion.allCases)
    func passThrough(version: SpecVersion) throws {
        let text = Self.full(version)
        #expect(try previous(text, in: version)?.json(version).serialized == text)
    }

    @Test("A result that names no version is of the configuration's", arguments: SpecVersion.allCases)
    func unstated(version: SpecVersion) throws {
        let result = try previous(Self.full(version, stated: false), in: version)
        #expect(try result?.json(version).serialized == Self.full(version))
        let empty = try previous(#"{"cniVersion":"",\#(Self.full(version, stated: false).dropFirst())"#, in: version)
        #expect(empty == result)
        let output = try AddResult(output: Array(Self.full(version, stated: false).utf8), version: version)
        #expect(output == result)
    }

    @Test("A result of another version's shape does not go with the configuration", arguments: SpecVersion.allCases)
    func mismatch(version: SpecVersion) throws {
        for other in SpecVersion.allCases {
            if other.resultShape == version.resultShape {
                #expect(try previous(Self.full(other), in: version) != nil)
            } else {
                let error = #expect(throws: CNIError.self) { try previous(Self.full(other), in: version) }
                #expect(error?.code == .invalidConfiguration)
                #expect(error?.message.contains(other.rawValue) == true)
                #expect(error?.message.contains(version.rawValue) == true)
            }
        }
        #expect(throws: CNIError.self) { try previous(#"{"cniVersion":"9.9.9"}"#, in: version) }
    }

    /// One address of each family and what every version can tell about it.
    private func common() throws -> AddResult {
        var route = RouteConfiguration(destination: try #require(CIDR("10.0.0.0/8")), gateway: IPAddress("10.1.0.1"))
        route.others.append("x", .bool(true))
        var result = AddResult(
            addresses: [
                AddResult.Address(address: try #require(CIDR("10.1.0.2/24")), gateway: IPAddress("10.1.0.1")),
                AddResult.Address(address: try #require(CIDR("fd00::2/64"))),
            ],
            routes: [route, RouteConfiguration(destination: try #require(CIDR("::/0")))])
        result.dns.nameservers = ["10.96.0.10"]
        return result
    }

    @Test("What all versions can tell survives the way through any two of them", arguments: SpecVersion.allCases)
    func conversions(version: SpecVersion) throws {
        for other in SpecVersion.allCases {
            let written = try common().json(version)
            let converted = try AddResult(output: Array(written.serialized.utf8), version: .newest).json(other)
            #expect(try AddResult(output: Array(converted.serialized.utf8), version: .newest) == common())
        }
    }

    @Test("A member that is strange to a version does not turn up as another version's own")
    func strangers() throws {
        let old = try AddResult(
            output: Array(#"{"cniVersion":"0.2.0","ip4":{"ip":"10.1.0.2/24","address":7},"ips":7,"x":1}"#.utf8),
            version: .newest)
        #expect(
            try old.json(.v1_1_0).serialized == #"{"cniVersion":"1.1.0","ips":[{"address":"10.1.0.2/24"}],"x":1}"#)
        let new = try AddResult(
            output: Array(#"{"ips":[{"address":"10.1.0.2/24","routes":7}],"ip6":7}"#.utf8), version: .v1_0_0)
        #expect(try new.json(.v0_1_0).serialized == #"{"cniVersion":"0.1.0","ip4":{"ip":"10.1.0.2/24"},"dns":{}}"#)
    }

    @Test("Another plugin may write null or {}; what is no object is code 6")
    func nothing() throws {
        for text in ["null", "{}", " null\n"] {
            #expect(try AddResult(output: Array(text.utf8), version: .v0_4_0) == AddResult())
        }
        for text in ["", "[]", "\"ok\"", "{"] {
            let error = #expect(throws: CNIError.self) { try AddResult(output: Array(text.utf8), version: .v0_4_0) }
            #expect(error?.code == .undecodable)
        }
    }

    @Test("No prevResult, and null, are none", arguments: SpecVersion.allCases)
    func absent(version: SpecVersion) throws {
        #expect(try previous("null", in: version) == nil)
        #expect(try previous("{}", in: version) == AddResult())
    }

    @Test("Keys of a result match whatever their case")
    func letterCase() throws {
        let result = try previous(
            #"{"CNIVersion":"1.1.0","IPs":[{"Address":"10.1.0.2/24","INTERFACE":0}],"Interfaces":[{"Name":"e","MAC":"x"}]}"#,
            in: .v1_1_0)
        #expect(result?.addresses.first?.interface == 0)
        #expect(result?.interfaces.first?.hardwareAddress == "x")
        #expect(result?.interfaces.first?.mac == nil)
        #expect(result?.others.isEmpty == true)
    }

    @Test(
        "What is wrong with a result is named by its path and value",
        arguments: [
            (#"{"ips":[{"address":"10.1.0.2"}]}"#, "invalid prevResult.ips[0].address: \"10.1.0.2\""),
            (#"{"ips":[{}]}"#, "invalid prevResult.ips[0].address: it is missing"),
            (#"{"ips":[{"address":"10.1.0.2/24","interface":-1}]}"#, "invalid prevResult.ips[0].interface: -1"),
            (
                #"{"interfaces":[{"name":"a"}],"ips":[{"address":"10.1.0.2/24","interface":1}]}"#,
                "invalid prevResult.ips[0].interface: 1 is none of the 1 interfaces"
            ),
            (#"{"routes":[{"dst":7}]}"#, "invalid prevResult.routes[0].dst: 7 is a number"),
            (#"{"interfaces":{}}"#, "invalid prevResult.interfaces: {} is an object"),
            (#"7"#, "invalid prevResult: 7 is a number"),
        ])
    func wrong(result: String, message: String) {
        let error = #expect(throws: CNIError.self) { try previous(result, in: .v1_1_0) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
    }

    @Test("An address plugin's result has no interfaces, and the number in an address of it means nothing")
    func noInterfaces() throws {
        let output = Array(#"{"cniVersion":"1.1.0","ips":[{"address":"10.1.0.2/24","interface":5}]}"#.utf8)
        #expect(try AddResult(output: output, version: .v1_1_0).addresses.map(\.interface) == [5])
    }

    @Test("The address of an old result must be of its family's member")
    func family() {
        let error = #expect(throws: CNIError.self) { try previous(#"{"ip4":{"ip":"fd00::1/64"}}"#, in: .v0_2_0) }
        #expect(error?.message == "invalid prevResult.ip4.ip: fd00::1/64 is of the other family")
    }
}
