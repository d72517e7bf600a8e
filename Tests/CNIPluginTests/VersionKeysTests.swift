import CNIProtocol
import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

/// Every key that is more than an address, in each version of the specification.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct VersionKeysTests {
    private static let mac = "c2:11:22:33:44:55"
    private static let extras = """
        "runtimeConfig":{"mac":"\(mac)","portMappings":[{"hostPort":9000,"containerPort":8080,"protocol":"tcp"}],\
        "bandwidth":{"ingressRate":8000000,"ingressBurst":8000000,"egressRate":16000000,"egressBurst":16000000}}
        """
    private static let keys =
        #","ipMasq":true,"macspoofchk":true,"forceAddress":true,"portIsolation":true,"mtu":1400,"# + extras

    /// Whether an attachment has what the keys ask for, and the bridge the address that was forced on it.
    private func demandKeys(on node: PluginNode, _ pod: NetNS, at location: SourceLocation = #_sourceLocation)
        async throws
    {
        let port = try #require(try node.links().first { $0.name.hasPrefix("veth") })
        let interface = try node.interface(in: pod)
        #expect(port.port?.isIsolated == true && port.queueing == "tbf", "\(port)", sourceLocation: location)
        #expect(interface.mac?.description == Self.mac && interface.queueing == "tbf", sourceLocation: location)
        #expect(interface.mtu == 1400, sourceLocation: location)
        #expect(
            try node.addresses(of: "cni0", in: node.namespace) == ["10.85.0.1/24", "fd85::1/64"],
            sourceLocation: location)
        let rules = try await node.namespace.demand("nft", "list", "ruleset")
        for words in ["tcp . 9000", "comment \"pods\"", Self.mac] {
            #expect(rules.contains(words), "\(words) in \(rules)", sourceLocation: location)
        }
    }

    @Test(
        "All keys at once do what they say, CHECK agrees, and DEL takes all of it back", arguments: SpecVersion.allCases
    )
    func everything(version: SpecVersion) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        try await node.namespace.demand("ip", "link", "add", "cni0", "type", "bridge")
        try await node.namespace.demand("ip", "addr", "add", "10.85.0.77/24", "dev", "cni0")
        let configuration = node.configuration(version: version.rawValue, keys: Self.keys)
        let added = try await node.add(configuration, pod: pod)
        try await demandKeys(on: node, pod)
        if version >= .v0_3_0 { #expect(added.result.interfaces[2].mac?.description == Self.mac) }
        if version >= .v0_4_0 {
            try await node.demand("CHECK", added.previous(configuration), pod: pod.path)
            try await node.namespace.demand("nft", "flush", "ruleset")
            let error = try await node.failure("CHECK", added.previous(configuration), pod: pod.path)
            #expect(error.code == 103 && error.details.contains("table ip fairway-cni does not exist"), "\(error)")
        }
        try await node.demand("DEL", configuration, pod: pod.path)
        #expect(try node.linkNames() == ["cni0"] && node.records().isEmpty && node.leases().isEmpty)
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == "")
    }

    @Test(
        "bridge, portmap and bandwidth under their own names do the same, one after the other",
        arguments: SpecVersion.allCases)
    func chain(version: SpecVersion) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let head = #"{"cniVersion":"\#(version.rawValue)","name":"pods","#
        let bridge = """
            \(head)"type":"bridge","bridge":"cni0","isDefaultGateway":true,"ipMasq":true,"macspoofchk":true,\
            "portIsolation":true,"mtu":1400,"ipam":{"type":"host-local","dataDir":"\(node.dataDirectory)",\
            "ranges":[[{"subnet":"10.85.0.0/24"}],[{"subnet":"fd85::/64"}]]},\(Self.extras)}
            """
        func entry(_ type: String, _ previous: String) -> String {
            let entry = type == "bridge" ? bridge : #"\#(head)"type":"\#(type)",\#(Self.extras)}"#
            return previous.isEmpty ? entry : entry.dropLast() + ",\"prevResult\":\(previous)}"
        }
        var result = ""
        for type in ["bridge", "portmap", "bandwidth"] {
            let outcome = try await node.run(as: type, "ADD", entry(type, result), pod: pod.path)
            try #require(outcome.exitCode == 0, "\(type): \(outcome)")
            #expect(result.isEmpty || outcome.output == result, "\(type) passes the result through")
            result = outcome.output
        }
        try await demandKeys(on: node, pod)
        // libcni gives the final result to CHECK and DEL from 0.4.0 on.
        let final = version >= .v0_4_0 ? result : ""
        if version >= .v0_4_0 {
            for type in ["bridge", "portmap", "bandwidth"] {
                let outcome = try await node.run(as: type, "CHECK", entry(type, final), pod: pod.path)
                #expect(outcome.exitCode == 0, "\(type): \(outcome)")
            }
        }
        for type in ["bandwidth", "portmap", "bridge"] {
            let outcome = try await node.run(as: type, "DEL", entry(type, final), pod: pod.path)
            #expect(outcome.exitCode == 0, "\(type): \(outcome)")
        }
        #expect(try node.linkNames() == ["cni0"] && node.records().isEmpty && node.leases().isEmpty)
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == "")
    }
}
