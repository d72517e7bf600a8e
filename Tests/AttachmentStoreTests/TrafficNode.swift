import Attachments
import LinuxSystem
import NetworkTypes
import PodTables
import TestSupport

/// A node with two pods on its bridge and a host outside that has no way to the pods.
///
/// 10.244.0.1 and fd00::1 are the bridge's, .5 and .6 the pods', 192.0.2.1 and 2001:db8::1 the node's outside, .2 the
/// host's there.
final class TrafficNode: Sendable {
    let node: Node
    let pods: [Int: NetNS]
    let outside: NetNS
    private let servers: [RunningProcess]

    static let nodeAddresses: [IPFamily: String] = [.ipv4: "192.0.2.1", .ipv6: "2001:db8::1"]
    static let outsideAddresses: [IPFamily: String] = [.ipv4: "192.0.2.2", .ipv6: "2001:db8::2"]
    static func podAddress(_ number: Int, _ family: IPFamily) -> String {
        family == .ipv4 ? "10.244.0.\(number)" : "fd00::\(number)"
    }

    init() async throws {
        node = try Node()
        pods = [5: try NetNS(), 6: try NetNS()]
        outside = try NetNS()
        try await node.namespace.batch(
            """
            link set lo up
            link add br0 type bridge nf_call_iptables 1 nf_call_ip6tables 1
            link set br0 up
            addr add 10.244.0.1/24 dev br0
            addr add fd00::1/64 dev br0 nodad
            link add up0 type veth peer name up1 netns \(outside.path)
            link set up0 up
            addr add 192.0.2.1/24 dev up0
            addr add 2001:db8::1/64 dev up0 nodad
            """)
        try await outside.batch(
            """
            link set lo up
            link set up1 up
            addr add 192.0.2.2/24 dev up1
            addr add 2001:db8::2/64 dev up1 nodad
            """)
        try node.namespace.perform { () throws(SystemError) in
            try Sysctl.set("net/ipv4/ip_forward", to: "1")
            try Sysctl.set("net/ipv6/conf/all/forwarding", to: "1")
            try Sysctl.set("net/ipv4/conf/br0/route_localnet", to: "1")
        }
        for (number, pod) in pods {
            try await node.namespace.batch(
                """
                link add veth\(number) type veth peer name eth0 netns \(pod.path)
                link set veth\(number) master br0 up
                link set veth\(number) type bridge_slave hairpin on
                """)
            try await pod.batch(
                """
                link set lo up
                link set eth0 address 0a:58:00:00:00:0\(number) up
                addr add 10.244.0.\(number)/24 dev eth0
                addr add fd00::\(number)/64 dev eth0 nodad
                route add default via 10.244.0.1
                route add ::/0 via fd00::1
                """)
        }
        var servers: [RunningProcess] = []
        for (number, pod) in pods { servers.append(try Self.serve("pod\(number)", in: pod)) }
        servers.append(try Self.serve("outside", in: outside))
        self.servers = servers
        for server in servers { _ = try await server.hasSaid("listening") }
    }

    deinit {
        for server in servers { server.signal(15) }
    }

    /// Starts an echo server on port 8080, beside those of the pods and the host outside, and waits until it listens.
    static func serve(_ name: String, in namespace: NetNS) throws -> RunningProcess {
        try RunningProcess(
            Self.lab(), ["serve", "--name", name, "--tcp", "8080", "--udp", "8080"], in: namespace)
    }

    private static func lab() throws -> String {
        try Programs.built("fairway-lab", root: Programs.root(of: #filePath))
    }

    /// Who answered, and the client's address that it saw: `pod5 10.244.0.1`; nil when nobody did.
    func connect(
        from client: NetNS, to address: String, _ port: UInt16, _ proto: TransportProtocol = .tcp,
        milliseconds: Int = 3000
    ) async throws -> String? {
        let arguments = ["connect", address, "\(port)", "--json", "--timeout", "\(milliseconds)"]
        let outcome = try await RunningProcess(
            Self.lab(), arguments + (proto == .udp ? ["--udp"] : []), in: client
        ).outcome()
        func name(after key: String) -> String? {
            guard let start = outcome.output.firstRange(of: "\"\(key)\":{\"") else { return nil }
            return String(outcome.output[start.upperBound...].prefix { $0 != "\"" })
        }
        guard let responder = name(after: "responders"), let seen = name(after: "clients") else { return nil }
        return "\(responder) \(seen)"
    }
}
