import Glibc
import LinuxSystem
import TestSupport
import Testing

/// Kills at random instants of whole lists, and of what takes more steps than a plain ADD.
///
/// One after the other, as in `StormTests`.
@Suite(.serialized, .enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct ListStormTests {
    @Test(
        "Of bridge, portmap and bandwidth any one is killed, or none between two: DEL of the list, or GC, leaves nothing"
    )
    func upstreamsNames() async throws {
        try await storm(try PluginList.upstream(PluginNode()), rounds: Soak.rounds(60), latest: 6_000)
    }

    @Test("Killed while it opens or closes the bridge for 127.0.0.1: the bridge is as closed as before")
    func loopbackHostPorts() async throws {
        let node = try PluginNode()
        try await storm(
            PluginList(node, keys: #","loopbackHostPorts":true"#), rounds: Soak.rounds(40), latest: 12_000,
            neighbour: PluginList(node, keys: #","ipMasq":true"#))
    }

    @Test("Killed around another address plugin: its leases go with the attachment")
    func delegated() async throws {
        let delegate = try DelegateNode("exit 0")
        let node = delegate.node
        // Under a name that Fairway does not take for its own leases, and that no other process has.
        let program = "\(delegate.programs)/leases"
        try systemCall("link \(program)") { unsafe symlink(LeaseNode.upstream, program) }
        let entry = PluginList.Entry(program: node.plugin) {
            node.configuration(version: "1.0.0", ipam: #","type":"leases""#, keys: #","ipMasq":true"# + $0)
        }
        let list = PluginList(node, [entry], delegate.variables)
        try await storm(list, rounds: Soak.rounds(40), latest: 40_000, collects: false) {
            // An address plugin outlives Fairway's death and ends its work, as under every plugin that delegates.
            for _ in 0..<500 {
                if try await node.namespace.run("pgrep", "-f", program).exitCode != 0 { return }
                try await Task.sleep(for: .milliseconds(10))
            }
            Issue.record("\(program) does not end")
        }
    }

    /// - Parameters:
    ///   - latest: microseconds after which an ADD is killed at the latest.
    ///   - neighbour: the list of the pod that must not notice; nil for the same.
    ///   - settle: waits until what was killed has ended altogether.
    private func storm(
        _ list: PluginList, rounds: Int, latest: UInt64, neighbour: PluginList? = nil, collects: Bool = true,
        settle: () async throws -> Void = {}
    ) async throws {
        let node = list.node
        let neighbour = neighbour ?? list
        let home = try node.makePod()
        let homeKeys = PluginList.capabilities(port: 9000)
        let result = try await neighbour.add(keys: homeKeys, container: "neighbour", pod: home)
        let client = try UDPClient(in: node.namespace, port: 41_000)
        try client.send("10.85.0.1", 9000)
        let isOpen = try Remains(node).isOpenForLoopback
        // What stays with the table once any pod has needed it.
        let first = try NetNS()
        let firstKeys = PluginList.capabilities(port: 9001)
        let firstResult = try await list.add(keys: firstKeys, container: "first", pod: first)
        try await list.delete(keys: firstKeys, previous: firstResult, container: "first", pod: first.path)
        let before = try Remains(node)
        #expect(before.flows.count == 1 && before.links.count == 2 && before.leases.count == 2)
        #expect(before.isOpenForLoopback == isOpen)
        var killed = 0
        for round in 0..<rounds {
            // An entry that nobody answers lives for 30 s.
            try client.send("10.85.0.1", 9000)
            let pod = try NetNS()
            let keys = PluginList.capabilities(port: 9001 + round % 50)
            let isDelete = round % 3 == 2
            let previous = isDelete ? try await list.add(keys: keys, container: "victim", pod: pod) : nil
            let end = try await killOne(
                of: list, isDelete ? "DEL" : "ADD", keys: keys, previous: previous, pod: pod,
                latest: Bool.random() ? 5_000 : isDelete ? 40_000 : latest)
            if end { killed += 1 }
            try await settle()
            if collects, Bool.random() {
                try await list.collect(sparing: ["neighbour"])
            } else {
                try await list.delete(keys: keys, previous: previous, container: "victim", pod: pod.path)
            }
            let left = try Remains(node).differences(from: before)
            #expect(left.isEmpty, "round \(round), \(isDelete ? "DEL" : "ADD")")
            if !left.isEmpty { return }
        }
        // Otherwise the instants were chosen badly.
        #expect(killed > rounds / 8)
        try await neighbour.check(keys: homeKeys, previous: result, container: "neighbour", pod: home)
    }

    /// Runs a list up to one of its plugins, and kills that one at a random instant or does not start it at all.
    ///
    /// - Returns: whether a process was killed.
    private func killOne(
        of list: PluginList, _ command: String, keys: String, previous: String?, pod: NetNS, latest: UInt64
    ) async throws -> Bool {
        let order = command == "DEL" ? list.entries.reversed() : list.entries
        let last = Int.random(in: 0..<order.count)
        var result = previous
        for entry in order.prefix(last) {
            let output = try await list.run(
                command, entry, keys: keys, previous: result, container: "victim", pod: pod.path)
            if command == "ADD" { result = output }
        }
        if last > 0, Int.random(in: 0..<4) == 0 { return false }
        let process = try list.start(
            command, order[last], keys: keys, previous: result, container: "victim", pod: pod.path)
        try await Task.sleep(for: .microseconds(UInt64.random(in: 0...latest)))
        process.signal(SIGKILL)
        return try await process.outcome().exitCode == 128 + SIGKILL
    }
}
