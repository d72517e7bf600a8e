import CNIProtocol
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// Pods whose machine has started anew: the kernel's state and the records are gone, the leases on disk are not.
///
/// The machine before is a node of its own, whose number of the boot another file gives.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct RebootTests {
    private static let decade = 10 * 365 * 86_400
    private static let keys = #","ipMasq":true"# + PluginList.capabilities(port: 9000)

    /// What the runtime does first when the machine is up again.
    enum Recovery: String, CaseIterable, Sendable {
        case delete, deleteTwice, add, collect
    }

    @Test(
        "After a reboot DEL without namespace frees the lease, and the same container gets its network again",
        arguments: Recovery.allCases)
    func recovery(manner: Recovery) async throws {
        let node = try PluginNode()
        let configuration = node.configuration(keys: Self.keys)
        try await addBefore(configuration, dataDirectory: node.dataDirectory)
        #expect(node.leases() == ["10.85.0.2", "fd85::2"])
        #expect(try node.records().isEmpty && node.linkNames().isEmpty)
        switch manner {
        case .delete, .deleteTwice:
            for _ in 0..<(manner == .delete ? 1 : 2) {
                try await node.demand("DEL", configuration, pod: "/run/netns/fairway-gone")
                #expect(node.leases().isEmpty)
            }
        case .collect:
            try await node.demand("GC", node.configuration(keys: PluginList.valid([])))
            #expect(node.leases().isEmpty)
        // The sandbox's id is a new one with kubelet; podman starts the same container.
        case .add: break
        }
        let pod = try node.makePod()
        let added = try await node.add(configuration, pod: pod)
        #expect(node.leases().count == 2)
        #expect(try node.records() == ["c1:eth0"])
        #expect(try await node.namespace.demand("nft", "list", "ruleset").contains("tcp . 9000"))
        try await node.demand("CHECK", added.previous(configuration), pod: pod.path)
        try await node.demand("DEL", configuration, pod: pod.path)
        #expect(node.leases().isEmpty)
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == "")
    }

    /// Runs ADD on a machine that ends with this call, many years ago.
    private func addBefore(_ configuration: String, dataDirectory: String) async throws {
        let machine = try PluginNode()
        try Directory.create(dataDirectory)
        let boot = "\(dataDirectory)/boot-id"
        try FileDescriptor.open(boot, O_WRONLY | O_CREAT).writeAll("01234567-89ab-cdef-0123-456789abcdef\n".utf8)
        let outcome = try await RunningProcess(
            Programs.path(of: "unshare"),
            ["-m", "sh", "-c", "mount --bind \(boot) /proc/sys/kernel/random/boot_id && exec \(machine.plugin)"],
            environment: [
                "PATH": Programs.searchPath, "CNI_COMMAND": "ADD", "CNI_CONTAINERID": "c1",
                "CNI_NETNS": try machine.makePod().path, "CNI_IFNAME": "eth0", "CNI_PATH": "/opt/cni/bin",
            ], input: configuration, in: machine.namespace
        ).outcome()
        try #require(outcome.exitCode == 0, "\(outcome.output) \(outcome.errorOutput)")
        let past = FileTime.now.seconds - Self.decade
        var times = utimbuf(actime: past, modtime: past)
        for name in ["10.85.0.2", "fd85::2"] {
            try systemCall("set the time of \(name)") {
                unsafe utime("\(dataDirectory)/pods/\(name)", &times)
            }
        }
    }
}
