import FoundationEssentials
import Glibc
import LinuxSystem
import TestAPIServer
import TestSupport
import Testing

/// The network in which the recorded rows were taken, by the same addresses.
///
/// Two nodes with pods, hosts outside, a pod of a third node, and a gateway that answers for all addresses of Services as
/// `world`, so that what leaves the node untranslated is told apart from what is dropped. Pods of a node have no link to one
/// another: every packet is routed.
final class Bed: Sendable {
    let hosts: [String: NetNS]
    private let servers: [RunningProcess]
    private let manifests: String
    private let program: String

    private static let probe = "\(Programs.root(of: #filePath))/Tests/ScenarioTests/probe.py"
    private static let fixtures = "\(Programs.root(of: #filePath))/Tests/ScenarioTests/Fixtures"

    /// A host on the network, by the last part of its addresses.
    private struct Host {
        let name: String
        let number: Int
        var addresses: [String] = []
        var routes: [String] = []
    }

    private static let serviceNetworks = [
        "10.96.0.0/16", "192.0.2.0/24", "198.51.100.0/24", "fd00:10:96::/112", "2001:db8:2::/64", "2001:db8:51::/64",
    ]

    private static func via(_ number: Int, _ networks: [String]) -> [String] {
        networks.map {
            "route add \($0) via \($0.contains(":") ? "fd00:30::\(number)" : "10.10.30.\(number)") dev uplink"
        }
    }

    private static let pods = ["10.244.0.0/16", "fd00:10:244::/48"]
    private static let everything = ["default", "::/0"]

    private static let routed: [Host] = [
        Host(
            name: "gw", number: 1,
            routes: serviceNetworks.map { "route add local \($0) dev lo" } + via(11, pods)
                + via(11, ["10.10.30.50/32", "10.10.30.60/32", "fd00:30::50/128", "fd00:30::60/128"])),
        Host(
            name: "n1", number: 11, addresses: ["10.10.31.11/24", "fd00:31::11/64"],
            routes: via(12, ["10.244.2.0/24", "fd00:10:244:2::/64"])
                + via(13, ["10.244.3.0/24", "fd00:10:244:3::/64"]) + via(1, everything)),
        Host(
            name: "n2", number: 12,
            routes: via(11, everything)
                + via(11, ["10.10.30.50/32", "10.10.30.60/32", "10.10.30.13/32", "10.10.30.1/32"])
                + via(11, ["fd00:30::50/128", "fd00:30::60/128", "fd00:30::13/128", "fd00:30::1/128"])),
        Host(
            name: "ext", number: 50, addresses: ["10.10.30.60/24", "fd00:30::60/64"],
            routes: via(11, serviceNetworks + pods) + via(11, ["10.10.31.0/24", "fd00:31::/64"])),
        Host(
            name: "cb", number: 13, addresses: ["10.244.3.20/32", "fd00:10:244:3::20/128"],
            routes: via(11, serviceNetworks + pods) + via(11, ["10.10.31.0/24", "fd00:31::/64"])),
    ]

    private static let podNumbers: [(node: String, network: Int, pods: [(name: String, number: Int)])] = [
        ("n1", 1, [("a1", 11), ("a2", 12), ("a3", 13), ("ca", 20)]), ("n2", 2, [("b1", 11), ("b2", 12), ("b3", 13)]),
    ]

    init() async throws {
        let lan = try NetNS()
        var hosts = ["lan": lan]
        try await lan.batch(["link set lo up", "link add lan type bridge mcast_snooping 0", "link set lan up"])
        try await lan.settle()
        for host in Self.routed {
            let namespace = try NetNS()
            hosts[host.name] = namespace
            try await namespace.settle()
            try await lan.batch([
                "link add \(host.name) type veth peer name uplink netns \(namespace.path)",
                "link set \(host.name) master lan up",
            ])
            try await namespace.batch(
                ["link set lo up", "link set uplink up", "addr add 10.10.30.\(host.number)/24 dev uplink"]
                    + host.addresses.map { "addr add \($0) dev uplink\($0.contains(":") ? " nodad" : "")" }
                    // Of IPv6's, the one that came last is the first.
                    + ["addr add fd00:30::\(host.number)/64 dev uplink nodad"])
        }
        for (node, network, pods) in Self.podNumbers {
            guard let namespace = hosts[node] else { continue }
            try await namespace.batch([
                "link add h3cni type bridge mcast_snooping 0 nf_call_iptables 0 nf_call_ip6tables 0",
                "link set h3cni up", "addr add 10.244.\(network).1/24 dev h3cni",
                "addr add fd00:10:244:\(network)::1/64 dev h3cni nodad",
            ])
            for pod in pods {
                let inside = try NetNS()
                hosts[pod.name] = inside
                try await inside.settle()
                try await namespace.batch([
                    "link add h3c-\(pod.name) type veth peer name eth0 netns \(inside.path)",
                    "link set h3c-\(pod.name) master h3cni up",
                    "link set h3c-\(pod.name) type bridge_slave isolated on",
                ])
                try await inside.batch([
                    "link set lo up", "link set eth0 up", "addr add 10.244.\(network).\(pod.number)/32 dev eth0",
                    "addr add fd00:10:244:\(network)::\(pod.number)/128 dev eth0 nodad",
                    "route add 10.244.\(network).1 dev eth0", "route add default via 10.244.\(network).1",
                    "route add fd00:10:244:\(network)::1 dev eth0",
                    "route add default via fd00:10:244:\(network)::1",
                ])
            }
        }
        for host in Self.routed {
            try await hosts[host.name]?.batch(host.routes.filter { !$0.isEmpty })
        }
        // All of the world's addresses, and all of their ports, are one server.
        try await hosts["gw"]?.nft(
            """
            table ip world { chain c { type nat hook prerouting priority -100
            ip daddr { 10.96.0.0/16, 192.0.2.0/24, 198.51.100.0/24 } meta l4proto { tcp, udp } redirect to :8080; }; }
            table ip6 world { chain c { type nat hook prerouting priority -100
            ip6 daddr { fd00:10:96::/112, 2001:db8:2::/64, 2001:db8:51::/64 } meta l4proto { tcp, udp } redirect to :8080; }; }
            """)
        self.hosts = hosts
        var servers: [RunningProcess] = []
        for (name, namespace) in hosts where !["ca", "cb", "lan"].contains(name) {
            servers.append(
                try RunningProcess(
                    Programs.path(of: "python3"), [Self.probe, "serve", name == "gw" ? "world" : name], in: namespace))
        }
        self.servers = servers
        program = try Programs.built("fairway-proxy", root: Programs.root(of: #filePath))
        manifests = "/tmp/fairway-test-scenarios-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: manifests, withIntermediateDirectories: false)
        for server in servers where try await !server.hasSaid("listening") {
            throw ProgramFailure(
                program: Self.probe, arguments: ["serve"], outcome: try await server.outcome(within: 1))
        }
    }

    deinit {
        for server in servers { server.signal(SIGKILL) }
        try? FileManager.default.removeItem(atPath: manifests)
    }

    /// The recorded rows, folded.
    static func rows() throws -> [Row] {
        let text = try String(contentsOfFile: "\(fixtures)/rows.txt", encoding: .utf8)
        return try text.split(separator: "\n").map { try Row(parsing: $0) }
    }

    /// Where the daemon has its objects from.
    enum Source: CaseIterable {
        case manifests, cluster
    }

    /// Lets the daemon of the first node serve the recorded objects while a body runs.
    ///
    /// - Parameter isWanted: whether an object belongs, by its name.
    func serving<T>(
        _ arguments: [String], from source: Source, objects isWanted: (String) -> Bool,
        _ body: () async throws -> T
    ) async throws -> T {
        let lines = try String(contentsOfFile: "\(Self.fixtures)/objects.json", encoding: .utf8).split(separator: "\n")
        let kept = lines.filter { line in
            guard let name = line.firstRange(of: #""name":""#) else { return false }
            return isWanted(String(line[name.upperBound...].prefix { $0 != "\"" }))
        }.map { $0.hasSuffix(",") ? $0.dropLast() : $0 }
        switch source {
        case .manifests:
            let list = #"{"apiVersion":"v1","kind":"List","items":["# + kept.joined(separator: ",\n") + "]}"
            try list.write(toFile: "\(manifests)/all.json", atomically: true, encoding: .utf8)
            return try await serving(arguments + ["--manifests", manifests], body)
        case .cluster:
            let store = ClusterStore()
            for object in kept { try await store.set(whole: String(object)) }
            let server = try await TestAPIServer(nil, in: hosts["n1"]) { try await store.answer($0, $1) }
            let result = try await serving(arguments + ["--master", "http://127.0.0.1:\(server.port)"], body)
            await server.stop()
            return result
        }
    }

    private func serving<T>(_ arguments: [String], _ body: () async throws -> T) async throws -> T {
        let daemon = try RunningProcess(program, ["--node-name", "node-a"] + arguments, in: hosts["n1"])
        guard try await daemon.hasSaid(" watching") else {
            throw ProgramFailure(
                program: program, arguments: arguments, outcome: try await daemon.outcome(within: 1))
        }
        do {
            let result = try await body()
            daemon.signal(SIGTERM)
            #expect(try await daemon.outcome(within: 10).exitCode == 0)
            return result
        } catch {
            daemon.signal(SIGKILL)
            throw error
        }
    }

    /// Runs probes, all of them at once.
    ///
    /// - Parameter round: unlike all others' in this bed, so that conntrack knows none of the connections.
    /// - Returns: what came of each, by its number.
    func run(_ probes: [Probe], round: Int) async throws -> [Int: String] {
        var answers: [Int: String] = [:]
        let processes = try Dictionary(grouping: probes, by: \.host).map { host, probes in
            try RunningProcess(
                Programs.path(of: "python3"), [Self.probe, "probe", "\(10_000 + 1000 * round)"],
                input: probes.map(\.line).joined(separator: "\n"), in: hosts[host])
        }
        for process in processes {
            let outcome = try await process.outcome(within: 120)
            #expect(outcome.exitCode == 0, "\(outcome.errorOutput)")
            for line in outcome.output.split(separator: "\n") {
                let parts = line.split(separator: " ", maxSplits: 1)
                answers[try #require(Int(parts[0]))] = parts.count > 1 ? String(parts[1]) : ""
            }
        }
        return answers
    }
}

extension NetNS {
    fileprivate func batch(_ lines: [String]) async throws { try await batch(lines.joined(separator: "\n")) }

    /// Routes, and takes no part in what would make results depend on time.
    fileprivate func settle() async throws {
        try await demand(
            "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.icmp_ratelimit=0",
            "net.ipv6.icmp.ratelimit=0", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0",
            "net.ipv4.conf.all.send_redirects=0", "net.ipv4.conf.default.send_redirects=0",
            "net.ipv4.conf.all.accept_redirects=0", "net.ipv6.conf.all.accept_redirects=0",
            "net.ipv6.conf.default.accept_redirects=0", "net.ipv6.conf.all.accept_ra=0",
            "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.accept_dad=0",
            "net.ipv4.icmp_msgs_per_sec=100000", "net.bridge.bridge-nf-call-iptables=0",
            "net.bridge.bridge-nf-call-ip6tables=0")
    }
}
