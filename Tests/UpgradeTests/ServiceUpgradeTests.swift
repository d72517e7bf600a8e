import LinuxSystem
import TestSupport
import Testing

/// The daemon over the tables of the daemon before it.
@Suite(.serialized, .enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct ServiceUpgradeTests {
    @Test(
        "A start takes over the tables of its predecessor: no Service is sent again, and no connection fails, old or new",
        arguments: Predecessor.all)
    func start(_ predecessor: Predecessor) async throws {
        let node = try await ServiceNode(predecessor)
        let flows = try await Flows(to: ServiceNode.targets, from: node.client)
        try await flows.goOn()
        let before = try await node.services()
        let daemon = try await node.start()
        try await flows.goOn()
        // Slots and shapes are what they were, because none was sent: what is new is added beside them.
        let sent = try node.changes().filter { line in
            ["services", "endpoints", "node-ports", "node-port-endpoints", "counted", "hairpin"].contains {
                line.contains(" element ip fairway \($0) ") || line.contains(" element ip6 fairway \($0) ")
            }
        }
        #expect(sent == [])
        #expect(try await node.services() == before)
        #expect(try !daemon.errorSoFar().contains(" warning "))

        // It goes on from there: the Services have one endpoint more, which is their third and one's second.
        let manifest = try predecessor.text("proxy/manifests.json")
        let slice = try #require(manifest.firstRange(of: "\"name\": \"web-ipv4\""))
        let place = try #require(manifest[slice.upperBound...].firstRange(of: "\"endpoints\": ["))
        let endpoint = #"{"addresses": ["10.244.0.13"], "nodeName": "here", "conditions": {"ready": true}},"#
        try node.write(manifest[..<place.upperBound] + endpoint + manifest[place.upperBound...])
        // What nft's monitor says of a set that it does not know tells nothing.
        let added = "10.96.0.10 . tcp . 80 . 2 : 10.244.0.13 . 8080"
        var isAdded = false
        for _ in 0..<100 where !isAdded {
            isAdded = try await node.services().contains(added)
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(isAdded)
        try await flows.goOn()
        try await node.stop(daemon)
        try await flows.expectUnharmed()
        for address in ["10.96.0.13", "fd00:10:96::13"] {
            let refused = try await RunningProcess(
                Programs.path(of: "python3"),
                ["-c", "import socket, sys; socket.create_connection((sys.argv[1], 80), 2)", address], in: node.client
            ).outcome()
            #expect(refused.errorOutput.contains("ConnectionRefusedError"), "\(refused.errorOutput)")
        }
    }

    @Test("Cleanup removes what a predecessor made", arguments: Predecessor.all)
    func cleanup(_ predecessor: Predecessor) async throws {
        let node = try await ServiceNode(predecessor)
        let program = try Programs.built("fairway-proxy", root: Programs.root(of: #filePath))
        let outcome = try await RunningProcess(program, ["cleanup"], in: node.node).outcome()
        #expect(outcome.exitCode == 0, "\(outcome.errorOutput)")
        #expect(try await node.node.ruleset() == "")
    }
}
