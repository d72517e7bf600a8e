import LinuxSystem
import NetworkTypes
import TestSupport
import Testing

/// A node for one test with a host outside that has no way to the pods, and servers that say whom they see.
///
/// 192.0.2.1 and 2001:db8::1 are the node's outside, .2 and ::2 the host's there; all servers listen on port 8080.
final class WorldNode: Sendable {
    let node: PluginNode
    let world: NetNS

    static let nodeAddresses = [IPFamily.ipv4: "192.0.2.1", .ipv6: "2001:db8::1"]
    static let worldAddresses = [IPFamily.ipv4: "192.0.2.2", .ipv6: "2001:db8::2"]

    init() async throws {
        node = try PluginNode()
        world = try NetNS()
        try await node.namespace.demand("ip", "link", "set", "lo", "up")
        try await node.namespace.demand(
            "ip", "link", "add", "up0", "type", "veth", "peer", "name", "up1", "netns", world.path)
        for (namespace, link, number) in [(node.namespace, "up0", 1), (world, "up1", 2)] {
            try await namespace.demand("ip", "link", "set", link, "up")
            try await namespace.demand("ip", "addr", "add", "192.0.2.\(number)/24", "dev", link)
            try await namespace.demand("ip", "addr", "add", "2001:db8::\(number)/64", "dev", link, "nodad")
        }
    }

    /// Waits until node and world can ask for each other over IPv6: the kernel's own link-local addresses are tentative at first.
    func awaitUplink() async throws {
        try await settle("up0", in: node.namespace)
        try await settle("up1", in: world)
    }

    /// Waits until all addresses of a link are usable.
    func settle(_ link: String, in namespace: NetNS) async throws {
        for _ in 0..<400 {
            if try await namespace.demand("ip", "-6", "addr", "show", "dev", link, "tentative").isEmpty { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("the addresses of \(link) stay tentative")
    }

    /// Starts an echo server and waits until it listens.
    func serve(_ name: String, in namespace: NetNS) async throws -> EchoServer {
        try await EchoServer(name, in: namespace)
    }

    /// Who answered, and the client's address that it saw: `c1 10.85.0.1`; nil when nobody did.
    func ask(
        from client: NetNS, _ address: String, _ port: UInt16, udp: Bool = false, milliseconds: Int = 10000
    ) async throws -> String? {
        let outcome = try await RunningProcess(
            EchoServer.program(),
            ["connect", address, "\(port)", "--json", "--timeout", "\(milliseconds)"] + (udp ? ["--udp"] : []),
            in: client
        ).outcome()
        func name(after key: String) -> String? {
            guard let start = outcome.output.firstRange(of: "\"\(key)\":{\"") else { return nil }
            return String(outcome.output[start.upperBound...].prefix { $0 != "\"" })
        }
        guard let responder = name(after: "responders"), let seen = name(after: "clients") else { return nil }
        return "\(responder) \(seen)"
    }
}

/// The lab's echo server in a namespace, which ends with this value.
final class EchoServer: Sendable {
    private let process: RunningProcess

    init(_ name: String, in namespace: NetNS) async throws {
        process = try RunningProcess(
            Self.program(), ["serve", "--name", name, "--tcp", "8080", "--udp", "8080"], in: namespace)
        _ = try await process.hasSaid("listening")
    }

    deinit { process.signal(15) }

    static func program() throws -> String { try Programs.built("fairway-lab", root: Programs.root(of: #filePath)) }
}
