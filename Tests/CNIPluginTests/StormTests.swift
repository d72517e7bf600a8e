import Glibc
import LinuxSystem
import TestSupport
import Testing

/// Kills at random instants, with everything that an attachment can have.
///
/// One node after the other: the kernel has one lock for all links and one queue for address detection, and the tests
/// that run beside these need them too.
@Suite(.serialized, .enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct StormTests {
    private static let rounds = Soak.rounds(250)

    /// All features at once; the host port tells containers apart.
    private static func keys(_ port: Int) -> String {
        """
        ,"ipMasq":true,"macspoofchk":true,"runtimeConfig":{"portMappings":[\
        {"hostPort":\(port),"containerPort":8080,"protocol":"tcp"},{"hostPort":\(port),"containerPort":8080,"protocol":"udp"}],\
        "bandwidth":{"ingressRate":800000000,"ingressBurst":8000000,"egressRate":800000000,"egressBurst":8000000}}
        """
    }

    @Test(
        "Executions on each of four nodes are killed at 250 random instants: DEL or GC leaves nothing, and nothing is taken from a neighbour",
        arguments: 0..<4)
    func storm(number: Int) async throws {
        let node = try PluginNode()
        let neighbour = try node.makePod()
        let configuration = node.configuration(keys: Self.keys(9000))
        let added = try await node.add(configuration, container: "neighbour", pod: neighbour)
        let client = try UDPClient(in: node.namespace, port: 41_000)
        _ = try client.ask("10.85.0.1", 9000)
        let valid = #","cni.dev/valid-attachments":[{"containerID":"neighbour","ifname":"eth0"}]"#
        let collect = node.configuration(keys: valid)
        let before = try Remains(node)
        #expect(before.flows.count == 1 && before.links.count == 2)
        var generator = SystemRandomNumberGenerator()
        var killed = 0
        for round in 0..<Self.rounds {
            // An entry that nobody answers lives for 30 s.
            try client.send("10.85.0.1", 9000)
            let pod = try NetNS()
            let keys = node.configuration(keys: Self.keys(9001 + round % 50))
            let isDelete = round % 3 == 2
            if isDelete { _ = try await node.add(keys, container: "victim", pod: pod) }
            let process = try node.start(isDelete ? "DEL" : "ADD", keys, container: "victim", pod: pod.path)
            // Most of what happens, happens in the first milliseconds; a DEL waits long for the kernel.
            let latest: UInt64 = Bool.random(using: &generator) ? 5_000 : isDelete ? 40_000 : 12_000
            try await Task.sleep(for: .microseconds(UInt64.random(in: 0...latest, using: &generator)))
            process.signal(SIGKILL)
            let outcome = try await process.outcome()
            if outcome.exitCode == 128 + SIGKILL { killed += 1 }
            if !isDelete, outcome.exitCode == 0 {
                // A flow of the victim's, which has to go with it.
                let victim = try UDPClient(in: node.namespace, port: 42_000)
                try victim.send("10.85.0.1", UInt16(9001 + round % 50))
            }
            if Bool.random(using: &generator) {
                try await node.demand("DEL", keys, container: "victim", pod: pod.path)
            } else {
                try await node.demand("GC", collect)
            }
            let left = try Remains(node).differences(from: before)
            #expect(left.isEmpty, "round \(round), \(isDelete ? "DEL" : "ADD")")
            if !left.isEmpty { return }
        }
        // Otherwise the instants were chosen badly.
        #expect(killed > Self.rounds / 5)
        try await node.demand("CHECK", added.previous(configuration), container: "neighbour", pod: neighbour.path)
    }
}
