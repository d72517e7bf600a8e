import CNIProtocol
import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

/// A pod's life in each version of the specification.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct VersionLifeTests {
    private static let dualStack = #"[[{"subnet":"10.85.0.0/24"}],[{"subnet":"fd85::/64"}]]"#

    /// The exact result of the first pod, whose host end's name the caller knows.
    private func expected(_ version: SpecVersion, host: String, sandbox: String) -> String {
        let macs = ["0a:58:0a:55:00:01", "06:58:0a:55:00:02", "0a:58:0a:55:00:02"]
        let mtu = version.resultShape == .current ? #","mtu":1500"# : ""
        func tag(_ family: Int) -> String { version.resultShape == .tagged ? #""version":"\#(family)","# : "" }
        let lists = """
            "interfaces":[{"name":"cni0","mac":"\(macs[0])"\(mtu)},{"name":"\(host)","mac":"\(macs[1])"\(mtu)},\
            {"name":"eth0","mac":"\(macs[2])"\(mtu),"sandbox":"\(sandbox)"}],\
            "ips":[{\(tag(4))"interface":2,"address":"10.85.0.2/24","gateway":"10.85.0.1"},\
            {\(tag(6))"interface":2,"address":"fd85::2/64","gateway":"fd85::1"}],\
            "routes":[{"dst":"0.0.0.0/0","gw":"10.85.0.1"},{"dst":"::/0","gw":"fd85::1"}]
            """
        let byFamily = """
            "ip4":{"ip":"10.85.0.2/24","gateway":"10.85.0.1","routes":[{"dst":"0.0.0.0/0","gw":"10.85.0.1"}]},\
            "ip6":{"ip":"fd85::2/64","gateway":"fd85::1","routes":[{"dst":"::/0","gw":"fd85::1"}]}
            """
        let body =
            switch version.resultShape {
            case .byFamily: byFamily + #","dns":{}"#
            case .tagged: lists + #","dns":{}"#
            case .current: lists
            }
        return #"{"cniVersion":"\#(version.rawValue)",\#(body)}"# + "\n"
    }

    @Test("ADD, CHECK, DEL and DEL again: the result has exactly the version's shape", arguments: SpecVersion.allCases)
    func life(version: SpecVersion) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = node.configuration(version: version.rawValue, ranges: Self.dualStack)
        let added = try await node.add(configuration, pod: pod)
        let host = try #require(try node.linkNames().first { $0.hasPrefix("veth") })
        #expect(added.text == expected(version, host: host, sandbox: pod.path))
        if version >= .v0_4_0 { try await node.demand("CHECK", added.previous(configuration), pod: pod.path) }
        // libcni gives the final result to DEL from 0.4.0 on; one of an odd kind must stop nothing.
        let deletions = [
            version >= .v0_4_0 ? added.previous(configuration) : configuration, configuration,
            configuration.dropLast() + #","prevResult":{"ips":7}}"#,
        ]
        for deletion in deletions { try await node.demand("DEL", deletion, pod: pod.path) }
        #expect(try node.linkNames() == ["cni0"])
        #expect(node.leases().isEmpty)
    }

    @Test("ADD twice fails, and takes nothing away from the first", arguments: SpecVersion.allCases)
    func twice(version: SpecVersion) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = node.configuration(version: version.rawValue)
        _ = try await node.add(configuration, pod: pod)
        let links = try node.linkNames()
        let error = try await node.failure("ADD", configuration, pod: pod.path)
        #expect(error.code == 101 && error.version == version.rawValue)
        #expect(try node.linkNames() == links)
        #expect(node.leases() == ["10.85.0.2", "fd85::2"])
        try await node.demand("DEL", configuration, pod: pod.path)
    }

    @Test(
        "DEL of what was never there, of a vanished namespace and without one succeeds", arguments: SpecVersion.allCases
    )
    func cleaning(version: SpecVersion) async throws {
        let node = try PluginNode()
        let configuration = node.configuration(version: version.rawValue)
        try await node.demand("DEL", configuration, container: "unknown", pod: "/nowhere")
        for (container, path) in [("c1", "/proc/1/fd/nowhere"), ("c2", "")] {
            _ = try await node.add(configuration, container: container, pod: try node.makePod())
            try await node.demand("DEL", configuration, container: container, pod: path)
        }
        #expect(try node.linkNames() == ["cni0"])
        #expect(node.leases().isEmpty)
    }

    @Test(
        "Two addresses of one family are too many up to 0.2.0, and nothing is left of the attempt",
        arguments: SpecVersion.allCases)
    func severalOfAFamily(version: SpecVersion) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let ranges = #"[[{"subnet":"10.85.0.0/24"}],[{"subnet":"fd85::/64"}],[{"subnet":"fd86::/64"}]]"#
        let configuration = node.configuration(version: version.rawValue, ranges: ranges)
        if version >= .v0_3_0 {
            let added = try await node.add(configuration, pod: pod)
            #expect(added.result.addresses.count == 3)
        } else {
            let error = try await node.failure("ADD", configuration, pod: pod.path)
            #expect(error.code == 7)
            #expect(error.message == "CNI version \(version.rawValue) does not support more than 1 address per family")
            #expect(try node.linkNames().isEmpty && node.leases().isEmpty)
            #expect(try RouteNetlinkReader.links(in: pod).map(\.name) == ["lo"])
        }
    }

    @Test(
        "A pod without addresses cannot be told up to 0.2.0, and nothing is left of the attempt",
        arguments: SpecVersion.allCases)
    func withoutAddresses(version: SpecVersion) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = #"{"cniVersion":"\#(version.rawValue)","name":"pods","type":"fairway","bridge":"cni0"}"#
        if version >= .v0_3_0 {
            let added = try await node.add(configuration, pod: pod)
            #expect(added.result.addresses.isEmpty && added.result.interfaces.count == 3)
            try await node.demand("DEL", configuration, pod: pod.path)
        } else {
            let error = try await node.failure("ADD", configuration, pod: pod.path)
            #expect(error.code == 7 && error.message == "cannot convert: no valid IP addresses")
            #expect(try node.linkNames().isEmpty)
            #expect(try RouteNetlinkReader.links(in: pod).map(\.name) == ["lo"])
        }
    }
}
