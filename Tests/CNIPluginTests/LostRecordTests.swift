import CNIPlugin
import CNIProtocol
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// Records that are gone, or that there is no room for.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct LostRecordTests {
    private static let keys =
        #","runtimeConfig":{"portMappings":[{"hostPort":9000,"containerPort":8080,"protocol":"tcp"}]}"#

    @Test(
        "Without its record CHECK fails, and DEL or GC takes the rules that nobody wants any more",
        arguments: ["DEL", "GC"])
    func removed(verb: String) async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod()]
        let configuration = node.configuration(keys: Self.keys)
        _ = try await node.add(node.configuration(keys: #","ipMasq":true"#), container: "c0", pod: pods[0])
        let added = try await node.add(configuration, pod: pods[1])
        try Directory.remove("\(node.statePath())/pods/c1:eth0")
        let error = try await node.failure("CHECK", added.previous(configuration), pod: pods[1].path)
        #expect(error.code == 103 && error.details.contains("the record of its host ports"), "\(error)")
        let collection = node.configuration(keys: PluginList.valid(["c0"]))
        try await node.demand(verb, verb == "GC" ? collection : configuration, pod: pods[1].path)
        let rules = try await node.namespace.demand("nft", "list", "ruleset")
        #expect(!rules.contains("9000") && rules.contains("comment \"pods\""), "\(rules)")
        #expect(node.leases() == ["10.85.0.2", "fd85::2"])
    }

    @Test("With /run full, DEL and GC take away all that there is", arguments: ["DEL", "GC"])
    func fullDisk(verb: String) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = node.configuration(keys: Self.keys)
        let script = """
            mount -t tmpfs -o size=64k none /run
            CNI_COMMAND=ADD "$PLUGIN" < "$DATA/input" > /dev/null || exit 11
            cat /dev/zero > /run/filler 2> /dev/null
            CNI_COMMAND=\(verb) "$PLUGIN" < "$DATA/input" || exit 12
            find /run -name 'c1:*'
            """
        try Directory.create(node.dataDirectory)
        try FileDescriptor.open("\(node.dataDirectory)/input", O_WRONLY | O_CREAT).writeAll(configuration.utf8)
        let outcome = try await RunningProcess(
            Programs.path(of: "unshare"), ["-m", "sh", "-c", script],
            environment: [
                "CNI_CONTAINERID": "c1", "CNI_NETNS": pod.path, "CNI_IFNAME": "eth0", "CNI_PATH": "/opt/cni/bin",
                "PLUGIN": node.plugin, "DATA": node.dataDirectory, "PATH": Programs.searchPath,
            ], in: node.namespace
        ).outcome()
        #expect(outcome.exitCode == 0 && outcome.output.isEmpty, "\(outcome)")
        #expect(node.leases().isEmpty)
        #expect(try node.linkNames() == ["cni0"])
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == "")
    }

    @Test("CHECK behind another plugin of the list finds that one's routes through its own interface")
    func checkBehindAnother() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        try await pod.demand("ip", "link", "add", "net0", "type", "veth", "peer", "name", "net1")
        try await pod.demand("ip", "addr", "add", "172.16.0.2/24", "dev", "net0")
        for name in ["net0", "net1"] { try await pod.demand("ip", "link", "set", name, "up") }
        try await pod.demand("ip", "route", "add", "172.31.0.0/16", "via", "172.16.0.1")
        let previous = """
            {"cniVersion":"1.1.0","interfaces":[{"name":"net0","sandbox":"\(pod.path)"}],"ips":[{"interface":0,\
            "address":"172.16.0.2/24"}],"routes":[{"dst":"172.31.0.0/16","gw":"172.16.0.1"}]}
            """
        let added = try await node.add(node.configuration(keys: ",\"prevResult\":\(previous)"), pod: pod)
        try await node.demand("CHECK", added.previous(node.configuration()), pod: pod.path)
        try await pod.demand("ip", "route", "del", "172.31.0.0/16")
        let error = try await node.failure("CHECK", added.previous(node.configuration()), pod: pod.path)
        #expect(error.details.contains("route to 172.31.0.0/16 via 172.16.0.1 is missing"), "\(error)")
    }
}
