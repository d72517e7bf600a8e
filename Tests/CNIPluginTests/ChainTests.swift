import CNIPlugin
import CNIProtocol
import LinuxSystem
import NetworkTypes
import TestSupport
import Testing

/// Fairway in a list with other plugins.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct ChainTests {
    private static let capabilities = """
        ,"runtimeConfig":{"portMappings":[{"hostPort":9000,"containerPort":8080,"protocol":"tcp"}],\
        "bandwidth":{"ingressRate":8000000,"ingressBurst":8000000,"egressRate":16000000,"egressBurst":16000000}}
        """

    private static func entry(_ type: String, previous: String) -> String {
        #"{"cniVersion":"1.1.0","name":"pods","type":"\#(type)"\#(capabilities),"prevResult":\#(previous)}"#
    }

    @Test(
        "With portmap and bandwidth kept in the list nothing is mapped or shaped twice, and the result passes through")
    func keptEntries() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = node.configuration(keys: Self.capabilities)
        let added = try await node.add(configuration, pod: pod)
        let ruleset = try await node.namespace.demand("nft", "list", "ruleset")
        let host = added.result.interfaces[1].name
        let queues = try await node.namespace.demand("tc", "qdisc", "show", "dev", host)
        var result = added.text
        for type in ["portmap", "bandwidth"] {
            let outcome = try await node.run(as: type, "ADD", Self.entry(type, previous: result), pod: pod.path)
            #expect(outcome.exitCode == 0 && outcome.output == added.text, "\(outcome)")
            result = outcome.output
            let check = try await node.run(as: type, "CHECK", Self.entry(type, previous: result), pod: pod.path)
            #expect(check.exitCode == 0 && check.output.isEmpty, "\(check)")
        }
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == ruleset)
        // The handle is the kernel's, and a new one when the queue is set again.
        let shaped = try await node.namespace.demand("tc", "qdisc", "show", "dev", host)
        #expect(shaped.split(separator: "\n").count == queues.split(separator: "\n").count)
        #expect(shaped.contains("rate 8Mbit"))
        #expect(try node.records() == ["c1:eth0"])
        for type in ["bandwidth", "portmap"] {
            let outcome = try await node.run(as: type, "DEL", Self.entry(type, previous: result), pod: pod.path)
            #expect(outcome.exitCode == 0, "\(outcome)")
        }
        // What was Fairway's stays until Fairway's own DEL.
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == ruleset)
        try await node.demand("DEL", configuration, pod: pod.path)
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == "")
        #expect(try node.linkNames() == ["cni0"] && node.records().isEmpty)
    }

    @Test("Behind another plugin, Fairway's result comes after that plugin's")
    func following() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let previous = """
            {"cniVersion":"1.1.0","interfaces":[{"name":"tap0","mac":"02:00:00:00:00:01"}],"ips":[{"interface":0,\
            "address":"192.0.2.9/24"}],"routes":[{"dst":"198.51.100.0/24"}],"dns":{"nameservers":["192.0.2.53"]}}
            """
        let added = try await node.add(node.configuration(keys: ",\"prevResult\":\(previous)"), pod: pod)
        #expect(added.result.interfaces.map(\.name).first == "tap0" && added.result.interfaces.count == 4)
        #expect(added.result.addresses.map(\.interface) == [0, 3, 3])
        #expect(added.result.routes.map(\.destination.description) == ["198.51.100.0/24", "0.0.0.0/0", "::/0"])
        #expect(added.result.dns.nameservers == ["192.0.2.53"])
    }

    @Test("portmap and bandwidth as the first of a list are refused", arguments: ["portmap", "bandwidth"])
    func unchained(type: String) async throws {
        let node = try PluginNode()
        let outcome = try await node.run(
            as: type, "ADD", #"{"cniVersion":"1.1.0","name":"pods","type":"\#(type)"\#(Self.capabilities)}"#,
            pod: try node.makePod().path)
        let error = try ErrorOutcome(outcome)
        #expect(error.code == 7 && error.message == "must be called as chained plugin")
    }
}
