import CNIProtocol
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct ProtocolTests {
    @Test("Without CNI_COMMAND the program says what it is and which versions it speaks; --help and --version too")
    func about() async throws {
        let node = try PluginNode()
        let bare = try await RunningProcess(node.plugin).outcome()
        #expect(bare.exitCode == 0 && bare.output.isEmpty)
        #expect(bare.errorOutput.contains("a CNI plugin"))
        #expect(bare.errorOutput.contains("CNI protocol versions supported: \(SpecVersion.supportedList)\n"))
        let help = try await RunningProcess(node.plugin, ["--help"]).outcome()
        #expect(help.exitCode == 0 && help.output == bare.errorOutput)
        let unknown = try await RunningProcess(node.plugin, ["migrat"]).outcome()
        #expect(unknown.exitCode == 64 && unknown.output.isEmpty)
        #expect(unknown.errorOutput == "fairway: unknown argument \"migrat\"; see fairway --help\n")
        let version = try await RunningProcess(node.plugin, ["--version"]).outcome()
        #expect(version.exitCode == 0 && version.output.hasPrefix("fairway "))
    }

    @Test("VERSION answers, also to nothing and to garbage")
    func version() async throws {
        let node = try PluginNode()
        for (input, version) in [(#"{"cniVersion":"0.4.0"}"#, "0.4.0"), ("", "1.1.0"), ("garbage", "1.1.0")] {
            let outcome = try await node.call("VERSION", input, container: "dummy", pod: "dummy", interface: "dummy")
            #expect(outcome.exitCode == 0)
            let spoken = SpecVersion.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
            #expect(outcome.output == "{\"cniVersion\":\"\(version)\",\"supportedVersions\":[\(spoken)]}\n")
        }
    }

    /// A configuration or a variable that must be refused.
    struct Refusal: Sendable, CustomTestStringConvertible {
        var command = "ADD"
        var version = "1.1.0"
        var keys = ""
        var ipam = ""
        var variables: [String: String] = [:]
        let code: Int
        let words: String
        var testDescription: String { "\(command) \(version) \(keys)\(ipam)\(variables)" }
    }

    @Test(
        "What is refused has its code and names the key, the value or the variable",
        arguments: [
            Refusal(
                variables: ["CNI_CONTAINERID": "", "CNI_IFNAME": ""], code: 4,
                words: "[CNI_CONTAINERID,CNI_IFNAME] missing"),
            Refusal(variables: ["CNI_COMMAND": "PING"], code: 4, words: "unknown CNI_COMMAND: PING"),
            Refusal(variables: ["CNI_NETNS": "/proc/self/ns/net"], code: 8, words: "the plugin's own namespace"),
            Refusal(variables: ["CNI_NETNS": "/proc/self/ns/mnt"], code: 8, words: "/proc/self/ns/mnt"),
            Refusal(variables: ["CNI_NETNS": "/nowhere"], code: 8, words: "/nowhere"),
            Refusal(
                variables: ["CNI_ARGS": "IgnoreUnknown=1;IP=10.99.0.9"], code: 7,
                words: "failed to allocate all requested IPs: 10.99.0.9"),
            Refusal(version: "0.5.0", code: 1, words: "0.5.0"),
            Refusal(command: "CHECK", version: "0.3.1", code: 1, words: "CHECK"),
            Refusal(command: "GC", version: "1.0.0", code: 1, words: "GC"),
            Refusal(command: "STATUS", version: "1.0.0", code: 1, words: "STATUS"),
            Refusal(keys: #","prevResult":{"ips":[{}]}"#, code: 7, words: "prevResult.ips[0].address"),
            Refusal(keys: #","mtu":"big""#, code: 7, words: "mtu"), Refusal(keys: #","mtu":67"#, code: 7, words: "mtu"),
            Refusal(keys: #","mtu":70000"#, code: 7, words: "70000"),
            Refusal(keys: #","hairpinMode":1"#, code: 7, words: "hairpinMode"),
            Refusal(keys: #","bridge":"a name that is too long""#, code: 7, words: "bridge"),
            Refusal(ipam: #","routes":[{"dst":"nowhere"}]"#, code: 7, words: "ipam.routes[0].dst"),
            Refusal(ipam: #","resolvConf":"/nowhere""#, code: 5, words: "ipam.resolvConf"),
            Refusal(ipam: #","dataDir":"/proc/nowhere""#, code: 5, words: "/proc/nowhere"),
            Refusal(keys: #","name":"\#(String(repeating: "n", count: 250))""#, code: 7, words: "too long"),
            Refusal(command: "GC", keys: #","cni.dev/valid-attachments":"all""#, code: 7, words: "valid-attachments"),
        ])
    func refusals(refusal: Refusal) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let outcome = try await node.call(
            refusal.command, node.configuration(version: refusal.version, ipam: refusal.ipam, keys: refusal.keys),
            pod: pod.path, variables: refusal.variables)
        let error = try ErrorOutcome(outcome)
        #expect(error.code == refusal.code)
        #expect("\(error.message) \(error.details)".contains(refusal.words), "\(error.message): \(error.details)")
        #expect(error.version == (SpecVersion(rawValue: refusal.version) ?? .newest).rawValue)
        #expect(outcome.errorOutput.isEmpty)
        // Nothing happened.
        #expect(try node.linkNames().isEmpty)
        #expect(node.leases().isEmpty)
    }

    @Test("Keys that ask for nothing are no obstacle")
    func harmlessKeys() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let keys = """
            ,"ipMasq":false,"vlan":0,"vlanTrunk":[],"macspoofchk":false,"promiscMode":false,"capabilities":{"portMappings":true},\
            "runtimeConfig":{"portMappings":[],"bandwidth":{"ingressRate":0},"dns":{"Servers":["10.96.0.10"]}},"mtu":0
            """
        let added = try await node.add(
            node.configuration(keys: keys), pod: pod,
            variables: ["CNI_ARGS": "IgnoreUnknown=1;K8S_POD_NAMESPACE=a;K8S_POD_NAME=b"])
        #expect(added.result.dns.nameservers == ["10.96.0.10"])
    }

    @Test("STATUS is silent while there are addresses, code 50 when there are none, and needs no pod")
    func status() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = node.configuration(ranges: #"[[{"subnet":"10.85.0.0/30"}]]"#)
        try await node.demand("STATUS", configuration)
        _ = try await node.add(configuration, pod: pod)
        let error = try await node.failure("STATUS", configuration)
        #expect(error.code == 50)
        #expect(error.message == "no IP addresses available in range set: 10.85.0.1-10.85.0.2")
        let failed = try await node.failure("ADD", configuration, container: "c2", pod: try node.makePod().path)
        #expect(failed.code == 102)
        try await node.demand("DEL", configuration, pod: pod.path)
        try await node.demand("STATUS", configuration)
    }

    @Test("STATUS is code 50 where ADD could not write its lease or use its bridge")
    func statusSeesObstacles() async throws {
        let node = try PluginNode()
        let script = "mount -t tmpfs -o ro none /mnt && exec \(node.plugin)"
        for place in ["/mnt", "/mnt/a/b"] {
            let outcome = try await RunningProcess(
                Programs.path(of: "unshare"), ["-m", "sh", "-c", script],
                environment: ["PATH": Programs.searchPath, "CNI_COMMAND": "STATUS"],
                input: node.configuration(ipam: #","dataDir":"\#(place)""#), in: node.namespace
            ).outcome()
            let error = try ErrorOutcome(outcome)
            #expect(error.code == 50 && error.message == "the lease store \(place)/pods is not writable")
            #expect(error.details.contains("/mnt: Read-only file system"))
        }
        let file = try await node.failure("STATUS", node.configuration(ipam: #","dataDir":"\#(node.plugin)""#))
        #expect(file.code == 50 && file.details.contains("Not a directory"))
        try await node.namespace.demand("ip", "link", "add", "cni0", "type", "veth", "peer", "name", "other")
        let link = try await node.failure("STATUS", node.configuration())
        #expect(link.code == 50 && link.message.contains("is no bridge"))
        #expect((try? Directory.names(in: node.dataDirectory)) == nil)
    }

    @Test("STATUS is code 50 where the bridge has no port left, and ADD's error names the bridge too")
    func fullBridge() async throws {
        let node = try PluginNode()
        // 1,023 ports: both ends of each pair but of the last one.
        let pairs = (1...512).map { number in
            "link add a\(number) master cni0 type veth peer name b\(number)"
                + (number < 512 ? "\nlink set b\(number) master cni0" : "")
        }
        try await node.namespace.batch((["link add cni0 type bridge"] + pairs.dropLast()).joined(separator: "\n"))
        try await node.demand("STATUS", node.configuration())
        try await node.namespace.batch(pairs[511])
        let full = "bridge cni0 is full: it has 1023 ports, the most that Linux allows"
        let status = try await node.failure("STATUS", node.configuration())
        #expect(status.code == 50 && status.message == full)
        #expect(status.details.contains("give the network another bridge"))
        let add = try await node.failure("ADD", node.configuration(), pod: try node.makePod().path)
        #expect(add.code == 100 && add.message == full)
        #expect(try node.leases().isEmpty && node.records().isEmpty)
        try await node.namespace.demand("ip", "link", "delete", "a512")
        try await node.demand("STATUS", node.configuration())
        _ = try await node.add(node.configuration(), pod: try node.makePod())
    }

    @Test("CHECK fails where the kernel has no br_netfilter, unless that is not required or the name is upstream's")
    func checkOfBridgeNetfilter() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        func check(_ configuration: String, as name: String = "fairway") async throws -> ProcessOutcome {
            let script = "mount -t tmpfs none /proc/sys/net/bridge && exec \(try node.plugin(named: name))"
            return try await RunningProcess(
                Programs.path(of: "unshare"), ["-m", "sh", "-c", script],
                environment: [
                    "PATH": Programs.searchPath, "CNI_COMMAND": "CHECK", "CNI_CONTAINERID": "c1", "CNI_IFNAME": "eth0",
                    "CNI_NETNS": pod.path,
                ], input: configuration, in: node.namespace
            ).outcome()
        }
        let result = try await node.add(node.configuration(), pod: pod)
        let error = try ErrorOutcome(try await check(result.previous(node.configuration())))
        #expect(error.code == 103)
        #expect(error.details.contains("no br_netfilter") && error.details.contains("run modprobe br_netfilter"))
        let free = try await check(result.previous(node.configuration(keys: #","requireBridgeNetfilter":false"#)))
        #expect(free.exitCode == 0, "\(free.output)")
        let keys = #","isGateway":true,"isDefaultGateway":true,"hairpinMode":true"#
        let upstream = try await check(
            result.previous(node.configuration(ipam: #","type":"host-local""#, keys: keys)), as: "bridge")
        #expect(upstream.exitCode == 0, "\(upstream.output)")
    }

    @Test("STATUS is code 51 where the kernel has no br_netfilter, unless that is not required")
    func bridgeNetfilter() async throws {
        let node = try PluginNode()
        func status(_ keys: String) async throws -> ProcessOutcome {
            // An empty file system over the sysctls' directory is what a kernel without the module looks like.
            let script = "mount -t tmpfs none /proc/sys/net/bridge && exec \(node.plugin)"
            return try await RunningProcess(
                Programs.path(of: "unshare"), ["-m", "sh", "-c", script],
                environment: ["PATH": Programs.searchPath, "CNI_COMMAND": "STATUS"],
                input: node.configuration(keys: keys), in: node.namespace
            ).outcome()
        }
        let error = try ErrorOutcome(try await status(""))
        #expect(error.code == 51)
        #expect(error.message.contains("br_netfilter") && error.details.contains("modprobe br_netfilter"))
        #expect(try await status(#","requireBridgeNetfilter":false"#).exitCode == 0)
    }

    @Test("Where too few files may be open the error says what to raise")
    func openFiles() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let process = try RunningProcess(
            "/bin/sh", ["-c", "ulimit -n 4 && exec \(node.plugin)"],
            environment: [
                "PATH": Programs.searchPath, "CNI_COMMAND": "ADD", "CNI_CONTAINERID": "c1", "CNI_NETNS": pod.path,
                "CNI_IFNAME": "eth0",
            ], input: node.configuration(), in: node.namespace)
        let error = try ErrorOutcome(try await process.outcome())
        #expect(error.details.contains("Too many open files") && error.details.contains("ulimit -n"), "\(error)")
    }

    @Test("The binary is static: it runs in a root directory that holds only itself and /proc")
    func alone() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        #expect(try await node.namespace.demand("file", "-L", node.plugin).contains("statically linked"))
        let root = "/tmp/fairway-test-root-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try Directory.create("\(root)/proc")
        defer { removeTree(root) }
        let script = """
            mount --bind /proc \(root)/proc && cp \(node.plugin) \(root)/fairway && ls \(root) && exec chroot \(root) /fairway
            """
        let process = try RunningProcess(
            Programs.path(of: "unshare"), ["-m", "sh", "-c", script],
            environment: [
                "PATH": Programs.searchPath, "CNI_COMMAND": "ADD", "CNI_CONTAINERID": "c1", "CNI_NETNS": pod.path,
                "CNI_IFNAME": "eth0",
            ], input: node.configuration(), in: node.namespace)
        let outcome = try await process.outcome()
        #expect(outcome.exitCode == 0, "\(outcome.output) \(outcome.errorOutput)")
        #expect(outcome.output.hasPrefix("fairway\nproc\n{"))
        removeTree(root + node.dataDirectory)
        removeTree("\(root)/run")
        unsafe unlink("\(root)/fairway")
        unsafe rmdir("\(root)/tmp")
    }
}
