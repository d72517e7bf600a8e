import CNIPlugin
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct BridgeLockTests {
    /// Waits until a program waits for a `flock`, as `/proc/locks` shows it.
    private func waitUntilBlocked(_ process: RunningProcess) async throws {
        for _ in 0..<5000 {
            let locks = try FileDescriptor.open("/proc/locks", O_RDONLY).readToEnd()
            let isBlocked = String(decoding: locks, as: UTF8.self).split(separator: "\n").contains { line in
                line.contains("->") && line.split(separator: " ").contains("\(process.pid)")
            }
            if isBlocked { return }
            try await Task.sleep(for: .milliseconds(1))
        }
        Issue.record("the program never waited for a lock")
    }

    @Test("An ADD touches no bridge while another one may be removing it")
    func joiningWaits() async throws {
        let node = try PluginNode()
        let holder = try node.lockBridges(.exclusive)
        let process = try node.start("ADD", node.configuration(), pod: try node.makePod().path)
        try await waitUntilBlocked(process)
        #expect(try node.linkNames().isEmpty)
        #expect(node.leases().count == 2)
        _ = consume holder
        #expect(try await process.outcome().exitCode == 0)
        #expect(try node.linkNames().count == 2)
    }

    @Test("A failed ADD removes no bridge while another one joins it, and spares one that has been joined")
    func removingWaits() async throws {
        let node = try PluginNode()
        let holder = try node.lockBridges(.shared)
        let routes = #","routes":[{"dst":"192.0.2.0/24","gw":"203.0.113.1"}]"#
        let process = try node.start("ADD", node.configuration(ipam: routes), pod: try node.makePod().path)
        try await waitUntilBlocked(process)
        #expect(try node.linkNames() == ["cni0"])
        #expect(node.leases().isEmpty)
        try await node.namespace.demand("ip", "link", "add", "p", "master", "cni0", "type", "veth", "peer", "name", "q")
        _ = consume holder
        #expect(try await process.outcome().exitCode == 1)
        #expect(try node.linkNames() == ["cni0", "p", "q"])
    }

    @Test("The lock is for root alone: a lock on the namespace's own inode, which any process can take, stops no ADD")
    func rootOnly() async throws {
        let node = try PluginNode()
        let namespace = try FileDescriptor.open(node.namespace.path, O_RDONLY)
        #expect(flock(namespace.rawValue, LOCK_EX | LOCK_NB) == 0)
        _ = try await node.add(node.configuration(), pod: try node.makePod())
        _ = consume namespace
        for (path, mode) in [(try node.statePath(), "700"), ("\(try node.statePath())/.bridges", "600")] {
            #expect(try await node.namespace.demand("stat", "-c", "%a %u", path) == "\(mode) 0\n")
        }
    }
}
