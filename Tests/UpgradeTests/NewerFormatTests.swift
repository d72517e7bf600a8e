import LinuxSystem
import TestSupport
import Testing

/// Tables of a release that is to come, whose form these programs cannot know: an error that names them, never a flush.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct NewerFormatTests {
    /// Writes a number that no release has had into a table.
    private static func mark(_ table: String, in namespace: NetNS) async throws {
        try await namespace.load(
            """
            add set \(table) format { type mark; }
            flush set \(table) format
            add element \(table) format { 0x000003e7 }
            """)
    }

    @Test("The daemon does not start over tables of a format that it does not know", arguments: Predecessor.all)
    func daemon(_ predecessor: Predecessor) async throws {
        for table in ["ip fairway", "ip6 fairway"] {
            let node = try await ServiceNode(predecessor)
            try await Self.mark(table, in: node.node)
            let before = try await node.node.ruleset()
            let outcome = try await node.launch().outcome(within: 10)
            #expect((1..<128).contains(outcome.exitCode), "\(table): \(outcome.exitCode)")
            #expect(
                outcome.errorOutput.contains(table) && outcome.errorOutput.contains("999"), "\(outcome.errorOutput)")
            #expect(try await node.node.ruleset() == before)
        }
    }

    @Test("ADD and GC fail over tables of a format that the plugin does not know", arguments: Predecessor.all)
    func plugin(_ predecessor: Predecessor) async throws {
        let node = try await PodNode(predecessor)
        try await Self.mark("ip fairway-cni", in: node.node)
        let before = try await node.node.ruleset()
        let pod = try NetNS()
        let keys = #","runtimeConfig":{"portMappings":[{"hostPort":9010,"containerPort":8080,"protocol":"tcp"}]}"#
        let added = try await node.call("ADD", "new", node.configuration("pods", keys: keys), namespace: pod.path)
        let collected = try await node.collect("pods", sparing: PodNode.pods)
        for outcome in [added, collected] {
            #expect(outcome.exitCode == 1)
            #expect(outcome.output.contains("ip fairway-cni") && outcome.output.contains("999"), "\(outcome.output)")
        }
        #expect(try await node.traces(of: "new") == [])
        #expect(try await node.node.ruleset() == before)
    }
}
