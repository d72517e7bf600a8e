import FoundationEssentials
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// A node with the tables of an earlier daemon, the pods that its Services lead to, and a client outside.
final class ServiceNode: Sendable {
    let node: NetNS
    let client: NetNS
    /// `nft monitor`: what is sent to the kernel from now on.
    let monitor: RunningProcess
    private let manifests: String
    private let program: String
    private let servers: [Flows.Server]

    static let targets: [(address: String, port: Int)] = [
        ("10.96.0.10", 80), ("fd00:10:96::10", 80), ("192.0.2.1", 30080), ("2001:db8::1", 30080),
        ("203.0.113.10", 443), ("2001:db8:1::10", 443), ("10.96.0.12", 53), ("fd00:10:96::12", 53), ("10.96.0.14", 80),
    ]

    init(_ predecessor: Predecessor) async throws {
        let node = try NetNS()
        let client = try NetNS()
        let pods = try ["11", "12", "13"].map { (number: $0, namespace: try NetNS()) }
        try await node.batch(
            """
            link set lo up
            link add br0 type bridge
            link set br0 up
            addr add 10.244.0.1/24 dev br0
            addr add fd00:10:244::1/64 dev br0 nodad
            link add up0 type veth peer name eth0 netns \(client.path)
            link set up0 up
            addr add 192.0.2.1/24 dev up0
            addr add 2001:db8::1/64 dev up0 nodad
            \(pods.map {
                """
                link add pod\($0.number) type veth peer name eth0 netns \($0.namespace.path)
                link set pod\($0.number) master br0 up
                """
            }.joined(separator: "\n"))
            """)
        try await node.demand("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        try await client.batch(Self.end("192.0.2", "2001:db8", "2"))
        var servers: [Flows.Server] = []
        for pod in pods {
            try await pod.namespace.batch(Self.end("10.244.0", "fd00:10:244", pod.number))
            servers.append(try await Flows.serve(port: 8080, in: pod.namespace))
        }
        try await node.load(predecessor.text("proxy/ruleset.nft"))
        monitor = try RunningProcess(
            Programs.path(of: "stdbuf"), ["-oL", Programs.path(of: "nft"), "monitor"], in: node)
        program = try Programs.built("fairway-proxy", root: Programs.root(of: #filePath))
        manifests = "/tmp/fairway-test-upgrade-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: manifests, withIntermediateDirectories: false)
        (self.node, self.client, self.servers) = (node, client, servers)
        try write(predecessor.text("proxy/manifests.json"))
    }

    deinit {
        monitor.signal(SIGKILL)
        try? FileManager.default.removeItem(atPath: manifests)
    }

    /// One end of a link, whose other end is the network's router.
    private static func end(_ ipv4: String, _ ipv6: String, _ number: String) -> String {
        """
        link set lo up
        link set eth0 up
        addr add \(ipv4).\(number)/24 dev eth0
        addr add \(ipv6)::\(number)/64 dev eth0 nodad
        route add default via \(ipv4).1
        route add default via \(ipv6)::1
        """
    }

    /// Writes the node's only manifest beside its place and renames it.
    func write(_ manifest: String) throws {
        let draft = "\(manifests)/.draft"
        guard FileManager.default.createFile(atPath: draft, contents: Data(manifest.utf8)),
            unsafe rename(draft, "\(manifests)/all.json") == 0
        else { throw SystemError("write \(manifests)/all.json", .current) }
    }

    func launch() throws -> RunningProcess {
        let arguments = [
            "--manifests", manifests, "--node-name", "here", "--cluster-cidr", "10.244.0.0/16,fd00:10:244::/48",
        ]
        return try RunningProcess(program, arguments, in: node)
    }

    /// Starts the daemon and waits until it says that it is ready.
    func start() async throws -> RunningProcess {
        let daemon = try launch()
        if try await daemon.hasSaid(" watching") { return daemon }
        throw ProgramFailure(program: program, arguments: [], outcome: try await daemon.outcome(within: 1))
    }

    func stop(_ daemon: RunningProcess) async throws {
        daemon.signal(SIGTERM)
        #expect(try await daemon.outcome(within: 10).exitCode == 0)
    }

    /// What the maps of frontends and of endpoints hold, slot by slot, whatever their order.
    func services() async throws -> String {
        var lines: [String] = []
        for map in ["services", "node-ports", "endpoints", "node-port-endpoints"] {
            for family in ["ip", "ip6"] {
                lines += try await node.demand("nft", "list", "map", family, "fairway", map)
                    .split(whereSeparator: { $0 == "\n" || $0 == "," }).map {
                        String($0.drop { " \t".contains($0) }).replacing("elements = { ", with: "").replacing(
                            " }", with: "")
                    }.sorted()
            }
        }
        return lines.joined(separator: "\n")
    }

    /// What has been sent to the kernel so far, a line each, without what a format number needs.
    func changes() throws -> [String] {
        try monitor.outputSoFar().split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("#") && !$0.contains(" format ") }
    }
}
