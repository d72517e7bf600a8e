import AttachPlan
import CNIPlugin
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// Failures that are provoked one by one: what the runtime's log says must be enough to mend them.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct FailureTests {
    /// One failure.
    struct Failure: Sendable, CustomTestStringConvertible {
        let title: String
        var command = "ADD"
        var version = "1.1.0"
        var ranges = #"[[{"subnet":"10.85.0.0/24"}],[{"subnet":"fd85::/64"}]]"#
        /// Further members of `ipam`, and of the configuration, each with a comma before it.
        var ipam = ""
        var keys = ""
        /// The whole standard input, in place of a configuration made of those.
        var input: String?
        var variables: [String: String] = [:]
        /// What a shell does on the node before; `$POD` is the pod's namespace, `$DATA` the lease directory.
        var before = ""
        /// An ADD of another container that goes before, with these members of the configuration; `same` in front of
        /// them makes it one of the same container.
        var neighbour: String?
        /// A shell command that executes the plugin, `$PLUGIN`, in another way.
        var by = "exec $PLUGIN"
        let code: Int
        let message: String
        var details = ""

        var testDescription: String { title }
    }

    static func ports(_ entry: String) -> String { #","runtimeConfig":{"portMappings":[{\#(entry)}]}"# }

    /// Without the right to change networks, but with that to enter the pod's.
    static let powerless = "exec setpriv --bounding-set=-net_admin --inh-caps=-net_admin $PLUGIN"

    static let environment: [Failure] = [
        Failure(
            title: "no interface name", variables: ["CNI_IFNAME": ""], code: 4,
            message: "required env variables [CNI_IFNAME] missing", details: "CNI_COMMAND is ADD"),
        Failure(
            title: "no container and no namespace", variables: ["CNI_CONTAINERID": "", "CNI_NETNS": ""], code: 4,
            message: "required env variables [CNI_CONTAINERID,CNI_NETNS] missing"),
        Failure(
            title: "a container id with a slash", variables: ["CNI_CONTAINERID": "a/b"], code: 4,
            message: "invalid CNI_CONTAINERID: a/b", details: "letters, digits"),
        Failure(
            title: "an interface name of 16 bytes", variables: ["CNI_IFNAME": "0123456789abcdef"], code: 4,
            message: "invalid CNI_IFNAME: 0123456789abcdef", details: "1 to 15 bytes"),
        Failure(
            title: "arguments that are no pairs", variables: ["CNI_ARGS": "a;b"], code: 4,
            message: "invalid CNI_ARGS: \"a\" is not KEY=VALUE"),
        Failure(
            title: "a namespace that is not there", variables: ["CNI_NETNS": "/run/netns/nowhere"], code: 8,
            message: "invalid CNI_NETNS \"/run/netns/nowhere\"", details: "No such file or directory"),
        Failure(
            title: "a namespace that is a file", variables: ["CNI_NETNS": "/etc/hostname"], code: 8,
            message: "invalid CNI_NETNS \"/etc/hostname\"", details: "as a network namespace"),
        Failure(
            title: "the node's own namespace", variables: ["CNI_NETNS": "/proc/self/ns/net"], code: 8,
            message: "invalid CNI_NETNS", details: "it is the plugin's own namespace"),
        Failure(
            title: "a configuration that breaks off", input: "{", code: 6, message: "is not JSON", details: "line 1"),
        Failure(
            title: "a version of tomorrow", version: "2.0.0", code: 1, message: "incompatible CNI versions",
            details: "config is \"2.0.0\", plugin supports"),
        Failure(
            title: "GC before its time", command: "GC", version: "1.0.0", code: 1,
            message: "config version does not allow GC", details: "1.1.0"),
        Failure(
            title: "no network name", input: #"{"cniVersion":"1.1.0"}"#, code: 7, message: "missing network name"),
        Failure(
            title: "a list instead of an entry of it",
            input: #"{"cniVersion":"1.1.0","name":"n","plugins":[{"type":"fairway"}]}"#, code: 7,
            message: "a list of plugins on standard input", details: "one entry of the key plugins"),
        Failure(
            title: "an address of an interface that is none",
            keys:
                #","prevResult":{"interfaces":[{"name":"a"}],"ips":[{"address":"10.1.0.2/24","interface":5}]}"#,
            code: 7, message: "invalid prevResult.ips[0].interface: 5 is none of the 1 interfaces, which begin with 0"),
        Failure(
            title: "CHECK without prevResult", command: "CHECK", code: 7, message: "missing prevResult",
            details: "CHECK compares with ADD's result"),
    ]

    static let keys: [Failure] = [
        Failure(
            title: "a number that is a word", keys: #","mtu":"big""#, code: 7,
            message: "invalid mtu: \"big\" is a string, a number is needed"),
        Failure(title: "a tiny MTU", keys: #","mtu":60"#, code: 7, message: "invalid mtu: 60 is not from 68 to 65535"),
        Failure(
            title: "a VLAN too many", keys: #","vlan":4095"#, code: 7,
            message: "invalid vlan: 4095 is not a whole number from 0 to 4094"),
        Failure(
            title: "a trunk backwards", keys: #","vlanTrunk":[{"minID":9,"maxID":3}]"#, code: 7,
            message: "invalid vlanTrunk[0].minID: 9 is above maxID 3"),
        Failure(
            title: "hairpin and promiscuous", keys: #","hairpinMode":true,"promiscMode":true"#, code: 7,
            message: "invalid promiscMode", details: ""),
        Failure(
            title: "a switch that is a word", keys: #","macspoofchk":"yes""#, code: 7,
            message: "invalid macspoofchk: \"yes\" is a string, a boolean is needed"),
        Failure(
            title: "an exclusion that is no network", keys: #","ipMasqExclude":["10.0.0.0/33"]"#, code: 7,
            message: "invalid ipMasqExclude[0]: \"10.0.0.0/33\" is neither an address nor a network"),
        Failure(
            title: "addresses without an interface", keys: #","disableContainerInterface":true"#, code: 7,
            message: "invalid disableContainerInterface", details: ""),
        Failure(
            title: "a MAC address of many", variables: ["CNI_ARGS": "MAC=01:00:5e:00:00:01"], code: 7,
            message: "invalid CNI_ARGS MAC: \"01:00:5e:00:00:01\"", details: "six pairs of hex digits"),
        Failure(
            title: "a host port beyond the last", keys: ports(#""hostPort":70000,"containerPort":80"#), code: 7,
            message: "invalid runtimeConfig.portMappings[0].hostPort: 70000"),
        Failure(
            title: "a protocol that nobody speaks",
            keys: ports(#""hostPort":80,"containerPort":80,"protocol":"icmp""#), code: 7,
            message: "invalid runtimeConfig.portMappings[0].protocol: \"icmp\" is none of tcp, udp and sctp"),
        Failure(
            title: "a host port on loopback", keys: ports(#""hostPort":80,"containerPort":80,"hostIP":"127.0.0.1""#),
            code: 7, message: "tcp port 80 of 127.0.0.1 is on a loopback address",
            details: "set loopbackHostPorts to true"),
        Failure(
            title: "conditions of iptables", keys: #","conditionsV4":["-s","10.0.0.0/8"]"#, code: 2,
            message: "unsupported conditionsV4 [\"-s\",\"10.0.0.0/8\"]", details: "remove the key"),
        Failure(
            title: "a rate without a burst", keys: #","ingressRate":1000"#, code: 7,
            message: "if rate is set, burst must also be set",
            details: "ingressBurst: it is missing or 0 beside ingressRate 1000"),
    ]

    static let leases: [Failure] = [
        Failure(
            title: "a subnet with host bits", ranges: #"[[{"subnet":"10.85.0.1/24"}]]"#, code: 7,
            message: "invalid ipam.ranges[0][0].subnet: 10.85.0.1/24 has host bits set; the network is 10.85.0.0/24"),
        Failure(
            title: "a lease directory that depends on where the plugin is run", ipam: #","dataDir":"leases""#, code: 7,
            message: "invalid ipam.dataDir: \"leases\" is relative, a path that begins with / is needed"),
        Failure(
            title: "a range of loopback addresses", ranges: #"[[{"subnet":"127.0.1.0/24"}]]"#, code: 7,
            message:
                "invalid ipam.ranges[0][0].subnet: 127.0.1.1-127.0.1.254 has loopback addresses (127.0.0.0/8), which no pod can have"
        ),
        Failure(
            title: "a subnet too small", ranges: #"[[{"subnet":"10.85.0.0/31"}]]"#, code: 7,
            message: "invalid ipam.ranges[0][0].subnet: 10.85.0.0/31 is too small"),
        Failure(
            title: "ranges that overlap", ranges: #"[[{"subnet":"10.85.0.0/24"}],[{"subnet":"10.85.0.0/16"}]]"#,
            code: 7,
            message: "overlaps"),
        Failure(
            title: "an end before the start",
            ranges: #"[[{"subnet":"10.85.0.0/24","rangeStart":"10.85.0.9","rangeEnd":"10.85.0.5"}]]"#, code: 7,
            message: "invalid ipam.ranges[0][0].rangeEnd: 10.85.0.5 comes before the start 10.85.0.9"),
        Failure(
            title: "a route to nowhere", ipam: #","routes":[{"gw":"10.85.0.1"}]"#, code: 7,
            message: "invalid ipam.routes[0].dst: it is missing"),
        Failure(
            title: "a resolv.conf that is not there", ipam: #","resolvConf":"/nowhere/resolv.conf""#, code: 5,
            message: "cannot read ipam.resolvConf \"/nowhere/resolv.conf\"", details: "No such file or directory"),
        Failure(
            title: "an address of no range", variables: ["CNI_ARGS": "IP=10.99.0.5"], code: 7, message: "10.99.0.5"),
        Failure(
            title: "the gateway's address", variables: ["CNI_ARGS": "IP=10.85.0.1"], code: 7, message: "10.85.0.1"),
        Failure(
            title: "a neighbour's address", variables: ["CNI_ARGS": "IP=10.85.0.2"], neighbour: "", code: 106,
            message: "10.85.0.2", details: "neighbour"),
        Failure(
            title: "a full pool", ranges: #"[[{"subnet":"10.85.0.0/30"}]]"#, neighbour: "", code: 102,
            message: "no IP addresses available in range set: 10.85.0.1-10.85.0.2", details: "run GC"),
        Failure(
            title: "STATUS of a full pool", command: "STATUS", ranges: #"[[{"subnet":"10.85.0.0/30"}]]"#, neighbour: "",
            code: 50, message: "no IP addresses available in range set: 10.85.0.1-10.85.0.2", details: "run GC"),
        Failure(
            title: "a lease directory that is a file", before: #"echo x > "$DATA""#, code: 5,
            message: "the lease store failed", details: "Not a directory: check ipam.dataDir"),
        Failure(
            title: "an address plugin that is not installed",
            input: #"{"cniVersion":"1.1.0","name":"pods","type":"fairway","ipam":{"type":"nobody"}}"#, code: 4,
            message: "failed to find plugin \"nobody\" in path", details: "install it into a directory of CNI_PATH"),
    ]

    static let kernel: [Failure] = [
        Failure(
            title: "a bridge that is none", before: "ip link add cni0 type veth peer name other", code: 7,
            message: "invalid bridge \"cni0\": a link of that name exists and is no bridge", details: "it is a veth"),
        Failure(
            title: "a bridge that may not be made", by: powerless, code: 100, message: "cannot create the bridge cni0",
            details: "Operation not permitted"),
        Failure(
            title: "a pair that may not be made", neighbour: "", by: powerless, code: 100,
            message: "cannot create the veth pair", details: "Operation not permitted"),
        Failure(
            title: "rules that may not be changed", keys: ports(#""hostPort":80,"containerPort":80"#), by: powerless,
            code: 100, message: "cannot ", details: "Operation not permitted"),
        Failure(
            title: "an interface that is there", before: #"nsenter --net="$POD" ip link add eth0 type bridge"#,
            code: 101,
            message: "interface eth0 already exists in", details: "another network or plugin made it"),
        Failure(
            title: "an attachment that is there", neighbour: "same", code: 101,
            message: "container c1 already has interface eth0 in network pods", details: "run DEL first"),
        Failure(
            title: "a route by a gateway that is nowhere",
            ipam: #","routes":[{"dst":"192.0.2.0/24","gw":"203.0.113.1"}]"#,
            code: 100, message: "cannot add the route to 192.0.2.0/24 via 203.0.113.1",
            details: "Nexthop has invalid gateway"),
        Failure(
            title: "a bridge with a pod's address",
            before: "ip link add cni0 type bridge; ip addr add 10.85.0.2/24 dev cni0", code: 7,
            message: "address 10.85.0.2 is in ipam.ranges, but bridge \"cni0\" itself has it",
            details: "name 10.85.0.2 in ipam.exclude"),
        Failure(
            title: "a bridge with another network's address",
            before: "ip link add cni0 type bridge; ip addr add 10.85.0.99/16 dev cni0", code: 7,
            message: "\"cni0\" already has an IP address different from 10.85.0.1/24", details: "set forceAddress"),
        Failure(
            title: "forwarding that cannot be turned on",
            before: "sysctl -qw net.ipv4.ip_forward=0",
            by:
                #"exec unshare -m sh -c 'mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys && exec "$PLUGIN"'"#,
            code: 100, message: "cannot turn forwarding on", details: "Read-only file system"),
        Failure(
            title: "a host port that is taken", keys: ports(#""hostPort":80,"containerPort":80"#),
            neighbour: ports(#""hostPort":80,"containerPort":80"#), code: 105, message: "host port 80/tcp is taken",
            details: "container neighbour, interface eth0 of network pods has it"),
        Failure(
            title: "records that cannot be kept",
            by: #"exec unshare -m sh -c 'mount -t tmpfs -o ro none /run && exec "$PLUGIN"'"#, code: 5,
            message: "cannot ",
            details: "Read-only file system"),
    ]

    @Test(
        "A delegated address plugin whose ADD fails, or gives nothing, gets a DEL", arguments: ["exit 1", "echo '{}'"])
    func delegate(end: String) async throws {
        let node = try PluginNode()
        try Directory.create(node.dataDirectory)
        let script = "\(node.dataDirectory)/weird"
        try FileDescriptor.open(script, O_WRONLY | O_CREAT, mode: 0o755).writeAll(
            Array(
                "#!/bin/sh\necho $CNI_COMMAND >> \(node.dataDirectory)/calls\n[ $CNI_COMMAND = DEL ] || \(end)\n".utf8))
        let error = try await node.failure(
            "ADD", #"{"cniVersion":"1.1.0","name":"pods","type":"fairway","ipam":{"type":"weird"}}"#,
            pod: try node.makePod().path, variables: ["CNI_PATH": node.dataDirectory, "PATH": Programs.searchPath])
        #expect(error.code == (end == "exit 1" ? 999 : 7), "\(error)")
        let calls = try FileDescriptor.open("\(node.dataDirectory)/calls", O_RDONLY).readToEnd()
        #expect(String(decoding: calls, as: UTF8.self) == "ADD\nDEL\n")
        #expect(try node.linkNames().isEmpty && node.records().isEmpty)
    }

    @Test(
        "The node's own namespace is refused before any side effect, under every name", arguments: Personality.allCases)
    func ownNamespace(personality: Personality) async throws {
        let node = try PluginNode()
        let previous = #","prevResult":{"cniVersion":"1.1.0","ips":[{"address":"10.85.0.9/24"}]}"#
        let ports = #","runtimeConfig":{"portMappings":[{"hostPort":80,"containerPort":80}]}"#
        let outcome = try await node.start(
            "ADD", node.configuration(keys: previous + ports), pod: "/proc/self/ns/net",
            program: try node.plugin(named: personality.rawValue)
        ).outcome()
        #expect(try ErrorOutcome(outcome).code == 8)
        #expect(node.leases().isEmpty)
        #expect(try node.records().isEmpty)
    }

    @Test(
        "What fails says what failed, on which object, and what to do; and it leaves nothing",
        arguments: environment + keys + leases + kernel + refusals + takeBacks + disks)
    func failure(_ failure: Failure) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration =
            failure.input
            ?? node.configuration(
                version: failure.version, ranges: failure.ranges, ipam: failure.ipam, keys: failure.keys)
        if let keys = failure.neighbour {
            let isSame = keys.hasPrefix("same")
            _ = try await node.add(
                node.configuration(ranges: failure.ranges, keys: isSame ? String(keys.dropFirst(4)) : keys),
                container: isSame ? "c1" : "neighbour", pod: isSame ? pod : try node.makePod())
        }
        let variables = [
            "PATH": Programs.searchPath, "POD": pod.path, "DATA": node.dataDirectory, "PLUGIN": node.plugin,
        ]
        if !failure.before.isEmpty {
            let outcome = try await RunningProcess(
                Programs.path(of: "sh"), ["-ec", failure.before], environment: variables, in: node.namespace
            ).outcome()
            try #require(outcome.exitCode == 0, "\(outcome.errorOutput)")
        }
        let leases = node.leases()
        let links = try node.linkNames()
        let records = try node.records()
        let environment = [
            "CNI_COMMAND": failure.command, "CNI_CONTAINERID": "c1", "CNI_NETNS": pod.path, "CNI_IFNAME": "eth0",
            "CNI_PATH": "/opt/cni/bin",
        ].merging(variables) { $1 }.merging(failure.variables) { $1 }
        let outcome = try await RunningProcess(
            Programs.path(of: "sh"), ["-c", failure.by], environment: environment, input: configuration,
            in: node.namespace
        ).outcome()
        let error = try ErrorOutcome(outcome)
        #expect(error.code == failure.code, "\(error)")
        #expect(error.message.contains(failure.message), "\(error)")
        #expect(error.details.contains(failure.details) || failure.details.isEmpty, "\(error)")
        #expect(node.leases() == leases)
        #expect(try node.linkNames() == links)
        #expect(try node.records() == records)
        if failure.title == "a lease directory that is a file" { _ = try? Directory.remove(node.dataDirectory) }
    }
}
