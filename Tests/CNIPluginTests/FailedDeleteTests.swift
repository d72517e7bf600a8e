import CNIProtocol
import LinuxSystem
import NetworkTypes
import TestSupport
import Testing

/// A DEL that cannot come to its end frees no address whose rules or link may be there, and the next one comes to it.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct FailedDeleteTests {
    /// What is in the way, and what DEL says of it.
    struct Obstacle: Sendable, CustomTestStringConvertible {
        let title: String
        /// What a shell does in a mount namespace before it executes the plugin.
        let mount: String
        let message: String
        let details: String
        var testDescription: String { title }
    }

    @Test(
        "The leases of a DEL that fails stay its container's until the next one",
        arguments: [
            Obstacle(
                title: "read-only leases", mount: #"mount --bind "$DATA" "$DATA" && mount -o remount,ro,bind "$DATA""#,
                message: "the lease store failed", details: "Read-only file system: check ipam.dataDir"),
            Obstacle(
                title: "read-only records", mount: "mount --bind /run /run && mount -o remount,ro,bind /run",
                message: "cannot record the attachment",
                details: "Read-only file system: /run/fairway-cni must be writable for root"),
        ])
    func obstacle(obstacle: Obstacle) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = node.configuration(keys: PluginList.capabilities(port: 9000))
        _ = try await node.add(configuration, pod: pod)
        let outcome = try await RunningProcess(
            Programs.path(of: "unshare"), ["-m", "sh", "-c", "\(obstacle.mount) && exec \(node.plugin)"],
            environment: [
                "PATH": Programs.searchPath, "DATA": node.dataDirectory, "CNI_COMMAND": "DEL", "CNI_CONTAINERID": "c1",
                "CNI_NETNS": pod.path, "CNI_IFNAME": "eth0", "CNI_PATH": "/opt/cni/bin",
            ], input: configuration, in: node.namespace
        ).outcome()
        let error = try ErrorOutcome(outcome)
        #expect(error.code == 5 && error.message == obstacle.message, "\(error)")
        #expect(error.details.contains(obstacle.details), "\(error)")
        // What could be taken away is gone all the same.
        #expect(try node.linkNames() == ["cni0"])
        #expect(node.leases() == ["10.85.0.2", "fd85::2"])
        #expect(try node.records() == ["c1:eth0"])
        let next = try await node.add(node.configuration(), container: "next", pod: try node.makePod())
        #expect(next.result.addresses.map(\.address.description) == ["10.85.0.3/24", "fd85::3/64"])
        try await node.demand("DEL", configuration, pod: pod.path)
        #expect(node.leases() == ["10.85.0.3", "fd85::3"])
        #expect(try node.records() == ["next:eth0"])
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == "")
    }
}
