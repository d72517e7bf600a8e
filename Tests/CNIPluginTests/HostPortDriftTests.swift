import CNIProtocol
import LinuxSystem
import TestSupport
import Testing

/// What CHECK says when somebody else has been at a pod's host ports.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct HostPortDriftTests {
    /// A change of the table, and what CHECK says of it; `ADDRESS` is the pod's first one.
    struct Drift: Sendable, CustomTestStringConvertible {
        let command: String
        let words: String
        var testDescription: String { command }
    }

    private static let port = "(host port 9000/tcp)"

    private static let both = [
        Drift(
            command: "delete element ip fairway-cni host-ports { tcp . 9000 }",
            words: "1 elements of ip fairway-cni host-ports are missing or changed \(port)"),
        Drift(
            command: "delete element ip6 fairway-cni host-ports { tcp . 9000 }",
            words: "1 elements of ip6 fairway-cni host-ports are missing or changed \(port)"),
        Drift(
            command: """
                delete element ip fairway-cni host-ports { tcp . 9000 }
                add element ip fairway-cni host-ports { tcp . 9000 comment "pods/c1/eth0" : 10.85.0.99 . 8080 }
                """, words: "1 elements of ip fairway-cni host-ports are missing or changed \(port)"),
        Drift(
            command: """
                delete element ip fairway-cni host-ports { tcp . 9000 }
                add element ip fairway-cni host-ports { tcp . 9000 comment "pods/c1/eth0" : ADDRESS . 8081 }
                """, words: "1 elements of ip fairway-cni host-ports are missing or changed \(port)"),
        Drift(
            command: "flush chain ip fairway-cni prerouting",
            words: "table ip fairway-cni: chain prerouting: 0 rules, not 1"),
        Drift(
            command: "flush chain ip6 fairway-cni host-ports",
            words: "table ip6 fairway-cni: chain host-ports: 0 rules, not 2"),
        Drift(command: "delete table ip fairway-cni", words: "table ip fairway-cni does not exist"),
        Drift(command: "flush ruleset", words: "table ip6 fairway-cni does not exist"),
    ]

    @Test(
        "CHECK of fairway names what is missing, and the port",
        arguments: both + [
            Drift(
                command: "flush set ip fairway-cni hairpin",
                words: "1 elements of ip fairway-cni hairpin are missing or changed \(port)"),
            Drift(
                command: "flush set ip6 fairway-cni masqueraded",
                words: "elements of ip6 fairway-cni masqueraded are missing or changed"),
        ])
    func fairway(drift: Drift) async throws {
        let list = PluginList(try PluginNode(), keys: #","ipMasq":true"#)
        try await look(for: drift, list, program: 0, "interface eth0 of container c1 has drifted")
    }

    @Test(
        "CHECK of the chained portmap names what is missing, and the port",
        arguments: both + [
            Drift(
                command: "flush set ip fairway-cni hairpin",
                words: "1 elements of ip fairway-cni hairpin are missing or changed \(port)"),
            Drift(
                command: "flush set ip fairway-cni subnet-ports",
                words: "1 elements of ip fairway-cni subnet-ports are missing or changed \(port)"),
            Drift(
                command: "flush set ip fairway-cni subnets",
                words: "1 elements of ip fairway-cni subnets are missing or changed \(port)"),
        ])
    func portmap(drift: Drift) async throws {
        let list = try PluginList.upstream(PluginNode())
        try await look(for: drift, list, program: 1, "host ports of container c1 have drifted")
    }

    @Test("CHECK of the chained bridge, not of portmap, names the masquerading that is missing")
    func masquerading() async throws {
        let drift = Drift(
            command: "flush set ip fairway-cni masqueraded",
            words: "elements of ip fairway-cni masqueraded are missing or changed")
        let list = try PluginList.upstream(PluginNode())
        try await look(for: drift, list, program: 0, "interface eth0 of container c1 has drifted", spares: 1)
    }

    @Test("CHECK of portmap names a port without a record")
    func withoutRecord() async throws {
        let list = try PluginList.upstream(PluginNode())
        let pod = try list.node.makePod()
        let result = try await list.add(keys: Self.keys, pod: pod)
        try Directory.remove("\(list.node.statePath())/pods/c1:eth0:portmap")
        let error = try ErrorOutcome(
            try await list.start("CHECK", list.entries[1], keys: Self.keys, previous: result, pod: pod.path).outcome())
        #expect(error.code == 103 && error.details == "host port 9000/tcp has no record", "\(error)")
    }

    private static let keys =
        #","runtimeConfig":{"portMappings":[{"hostPort":9000,"containerPort":8080,"protocol":"tcp"}]}"#

    /// - Parameters:
    ///   - program: whose CHECK finds it.
    ///   - spares: whose CHECK has nothing to do with it.
    private func look(
        for drift: Drift, _ list: PluginList, program: Int, _ message: String, spares: Int? = nil
    ) async throws {
        let pod = try list.node.makePod()
        let result = try await list.add(keys: Self.keys, pod: pod)
        // Somebody else's commit alone is no drift.
        try await list.node.namespace.demand("nft", "add table ip other")
        try await list.check(keys: Self.keys, previous: result, pod: pod)
        try await list.node.namespace.demand("nft", drift.command.replacing("ADDRESS", with: "10.85.0.2"))
        let error = try ErrorOutcome(
            try await list.start(
                "CHECK", list.entries[program], keys: Self.keys, previous: result, pod: pod.path
            ).outcome())
        #expect(error.code == 103 && error.message == message, "\(error)")
        #expect(error.details.contains(drift.words), "\(error.details)")
        if let spares {
            _ = try await list.run("CHECK", list.entries[spares], keys: Self.keys, previous: result, pod: pod.path)
        }
    }
}
