import Glibc
import LinuxSystem
import TestSupport
import Testing

/// The verbs beside a record that a newer version has written.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct RecordFormatTests {
    private static func keys(_ port: Int) -> String {
        #","runtimeConfig":{"portMappings":[{"hostPort":\#(port),"containerPort":8080,"protocol":"tcp"}]}"#
    }

    private func ports(_ node: PluginNode) async throws -> String {
        try await node.namespace.demand("nft", "list", "map", "ip", "fairway-cni", "host-ports")
    }

    @Test("Every verb that has to know it names the file, its format and the cure; a living pod keeps its host ports")
    func newer() async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod(), try node.makePod()]
        let configuration = node.configuration(keys: Self.keys(9000))
        let added = try await node.add(configuration, pod: pods[0])
        let file = "\(try node.statePath())/pods/c1:eth0"
        let content = try FileDescriptor.open(file, O_RDONLY).readToEnd()
        try FileDescriptor.open(file, O_WRONLY | O_TRUNC).writeAll(Array(#"{"format":2,"demand":{}}"#.utf8))
        func expectRefusal(_ verb: String, _ configuration: String, container: String = "c1", pod: String) async throws
        {
            let error = try await node.failure(verb, configuration, container: container, pod: pod)
            let words = "\(error.message): \(error.details)"
            #expect(words.contains("\(file): the record is of format 2, and this fairway knows format 1"), "\(words)")
            #expect(words.contains("install the one that wrote it"), "\(words)")
            #expect(try await ports(node).contains("tcp . 9000 "))
            #expect(try node.records().contains("c1:eth0"))
        }
        try await expectRefusal("CHECK", added.previous(configuration), pod: pods[0].path)
        // GC of a network in which the pod lives, and in which it does not.
        for valid in [["c1"], []] {
            try await expectRefusal("GC", node.configuration(keys: PluginList.valid(valid)), pod: "")
        }
        // Whoever finds the tables as they were left needs nobody's record; STATUS needs none at all.
        _ = try await node.add(node.configuration(keys: Self.keys(9001)), container: "c2", pod: pods[1])
        try await node.demand("STATUS", node.configuration(keys: #","requireBridgeNetfilter":false"#))
        try await node.demand("DEL", node.configuration(), container: "c2", pod: pods[1].path)
        // Somebody takes an element, so that the next ADD compares.
        let other = node.configuration(keys: Self.keys(9002))
        _ = try await node.add(other, container: "c2", pod: pods[1])
        try await node.namespace.demand("nft", "delete element ip fairway-cni host-ports { tcp . 9002 }")
        try await expectRefusal("ADD", node.configuration(keys: Self.keys(9003)), container: "c3", pod: pods[2].path)
        #expect(try node.records() == ["c1:eth0", "c2:eth0"])
        try await expectRefusal("DEL", configuration, pod: pods[0].path)
        #expect(node.leases().count == 4)
        // The newer version is back.
        try FileDescriptor.open(file, O_WRONLY | O_TRUNC).writeAll(content)
        try await node.demand("DEL", configuration, pod: pods[0].path)
        try await node.demand("DEL", other, container: "c2", pod: pods[1].path)
        #expect(node.leases().isEmpty)
        #expect(try node.records().isEmpty)
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == "")
    }
}
