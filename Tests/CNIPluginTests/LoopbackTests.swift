import AttachPlan
import CNIPlugin
import CNIProtocol
import LinuxSystem
import RouteNetlink
import TestSupport
import Testing

/// The binary under the name `loopback`, which containerd executes for each pod.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct LoopbackTests {
    private func call(
        _ command: String, _ version: SpecVersion = .v0_3_1, on node: PluginNode, pod: String, keys: String = "",
        variables: [String: String] = [:]
    ) async throws -> ProcessOutcome {
        let names = try PluginNames(node.plugin)
        let configuration = #"{"cniVersion":"\#(version.rawValue)","name":"cni-loopback","type":"loopback"\#(keys)}"#
        return try await node.start(
            command, configuration, pod: pod, interface: "lo", variables: variables, program: names.path(.loopback)
        ).outcome()
    }

    private func isUp(_ namespace: NetNS) throws -> Bool {
        try RouteNetlinkReader.links(in: namespace).contains { $0.name == "lo" && $0.isUp }
    }

    private static func result(_ version: SpecVersion, sandbox: String) -> String {
        let interface = #""interfaces":[{"name":"lo","mac":"00:00:00:00:00:00","sandbox":"\#(sandbox)"}]"#
        return switch version.resultShape {
        case .byFamily:
            #"{"cniVersion":"\#(version.rawValue)","ip4":{"ip":"127.0.0.1/8"},"ip6":{"ip":"::1/128"},"dns":{}}"#
        case .tagged:
            """
            {"cniVersion":"\(version.rawValue)",\(interface),"ips":[{"version":"4","interface":0,"address":"127.0.0.1/8"},\
            {"version":"6","interface":0,"address":"::1/128"}],"dns":{}}
            """
        case .current:
            """
            {"cniVersion":"\(version.rawValue)",\(interface),"ips":[{"interface":0,"address":"127.0.0.1/8"},\
            {"interface":0,"address":"::1/128"}]}
            """
        }
    }

    @Test(
        "ADD sets lo up and tells its addresses, DEL sets it down, as often as asked", arguments: SpecVersion.allCases)
    func upAndDown(version: SpecVersion) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        for _ in 0..<2 {
            let added = try await call("ADD", version, on: node, pod: pod.path)
            #expect(added.exitCode == 0 && added.errorOutput.isEmpty)
            #expect(added.output == Self.result(version, sandbox: pod.path) + "\n")
            #expect(try isUp(pod))
        }
        if version >= .v0_4_0 {
            #expect(try await call("CHECK", version, on: node, pod: pod.path).output.isEmpty)
        }
        for _ in 0..<2 {
            let deleted = try await call("DEL", version, on: node, pod: pod.path)
            #expect(deleted.exitCode == 0 && deleted.output.isEmpty)
            #expect(try !isUp(pod))
        }
        if version >= .v0_4_0 {
            let error = try ErrorOutcome(try await call("CHECK", version, on: node, pod: pod.path))
            #expect(error.code == 103 && error.message == "interface lo of container c1 has drifted")
            #expect(error.details == "it is down in \(pod.path)")
        }
        for command in ["GC", "STATUS"] {
            let outcome = try await call(command, version, on: node, pod: "")
            #expect(outcome.exitCode == (version >= .v1_1_0 ? 0 : 1))
        }
    }

    @Test("A result of an earlier plugin is passed through as it is")
    func chained() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let previous = #"{"cniVersion":"1.1.0","interfaces":[{"name":"x","mac":"00:11","metadata":{"a":"b"}}],"y":1}"#
        let added = try await call("ADD", .v1_1_0, on: node, pod: pod.path, keys: #","prevResult":\#(previous)"#)
        #expect(added.output == previous + "\n")
        #expect(try isUp(pod))
    }

    @Test("DEL succeeds without a namespace, and leaves the node's own loopback alone")
    func vanished() async throws {
        let node = try PluginNode()
        try await node.namespace.demand("ip", "link", "set", "lo", "up")
        for pod in ["", "/nowhere", "/proc/self/ns/net", "/proc/self/ns/mnt"] {
            let outcome = try await call("DEL", on: node, pod: pod)
            #expect(outcome.exitCode == 0 && outcome.output.isEmpty, "\(pod)")
            #expect(try isUp(node.namespace))
        }
    }

    @Test("ADD fails with code 8 where there is no pod's namespace, unless its own is allowed")
    func noNamespace() async throws {
        let node = try PluginNode()
        for pod in ["/nowhere", "/proc/self/ns/net"] {
            let error = try ErrorOutcome(try await call("ADD", on: node, pod: pod))
            #expect(error.code == 8 && error.message == "invalid CNI_NETNS \"\(pod)\"")
            #expect(try !isUp(node.namespace))
        }
        let allowed = try await call(
            "ADD", on: node, pod: "/proc/self/ns/net", variables: ["CNI_NETNS_OVERRIDE": "1"])
        #expect(allowed.exitCode == 0)
        #expect(try isUp(node.namespace))
    }
}
