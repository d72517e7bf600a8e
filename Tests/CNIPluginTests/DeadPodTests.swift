import CNIProtocol
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// Host ports of pods whose namespace went without a DEL.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct DeadPodTests {
    private static func port(_ number: Int) -> String {
        #","ipMasq":true,"runtimeConfig":{"portMappings":[{"hostPort":\#(number),"containerPort":8080,"protocol":"tcp"}]}"#
    }

    /// A node with the pod `dead`, which has host port 9000.
    private static func node() async throws -> (stage: WorldNode, pod: NetNS) {
        let stage = try await WorldNode()
        let pod = try stage.node.makePod()
        _ = try await stage.node.add(stage.node.configuration(keys: port(9000)), container: "dead", pod: pod)
        return (stage, pod)
    }

    /// Makes the record of the pod `dead` as old as the machine.
    private static func age(_ node: PluginNode) throws {
        let path = "\(try node.statePath())/pods/dead:eth0"
        let text = String(decoding: try FileDescriptor.open(path, O_RDONLY).readToEnd(), as: UTF8.self)
        let order = try #require(text.firstMatch(of: /"order":\d+/))
        let file = try FileDescriptor.open(path, O_WRONLY | O_TRUNC)
        try file.writeAll(Array(text.replacing(order.output, with: #""order":1"#).utf8))
    }

    @Test("A host port whose pod lost its pair is the next pod's; the old one's DEL frees its address only")
    func takenOver() async throws {
        let (stage, dead) = try await Self.node()
        let node = stage.node
        try await dead.demand("ip", "link", "del", "eth0")
        try Self.age(node)
        let pod = try node.makePod()
        let outcome = try await node.call("ADD", node.configuration(keys: Self.port(9000)), pod: pod.path)
        #expect(outcome.exitCode == 0, "\(outcome)")
        #expect(outcome.errorOutput.contains("took host port 9000/tcp over"), "\(outcome.errorOutput)")
        #expect(outcome.errorOutput.contains("dead"), "\(outcome.errorOutput)")
        let server = try await stage.serve("c1", in: pod)
        #expect(try await stage.ask(from: stage.world, "192.0.2.1", 9000)?.hasPrefix("c1") == true)
        #expect(node.leases().count == 4)
        try await node.demand("DEL", node.configuration(keys: Self.port(9000)), container: "dead")
        #expect(try node.leases().count == 2 && node.records() == ["c1:eth0"])
        #expect(try await stage.ask(from: stage.world, "192.0.2.1", 9000)?.hasPrefix("c1") == true)
        withExtendedLifetime(server) {}
    }

    @Test("The host port of a pod that lives, and of one whose ADD may be under way, stays where it is")
    func living() async throws {
        let (stage, dead) = try await Self.node()
        let node = stage.node
        let pod = try node.makePod()
        try Self.age(node)
        let lives = try await node.failure("ADD", node.configuration(keys: Self.port(9000)), pod: pod.path)
        #expect(lives.code == 105, "\(lives)")
        let (other, young) = try await Self.node()
        try await young.demand("ip", "link", "del", "eth0")
        let begins = try await other.node.failure(
            "ADD", other.node.configuration(keys: Self.port(9000)), pod: try other.node.makePod().path)
        #expect(begins.code == 105, "\(begins)")
        withExtendedLifetime(dead) {}
    }
}
