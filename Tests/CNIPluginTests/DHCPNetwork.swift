import Glibc
import LinuxSystem
import TestSupport

/// A node whose bridge leads to a DHCP server at 10.77.0.1, and the dhcp plugin's daemon.
final class DHCPNetwork: Sendable {
    let delegate: DelegateNode
    let serverSide: NetNS
    private let server: RunningProcess
    private let daemon: RunningProcess
    private let socket: String

    init() async throws {
        delegate = try DelegateNode("exit 0")
        serverSide = try NetNS()
        let node = delegate.node.namespace
        try await node.demand("ip", "link", "add", "cni0", "type", "bridge")
        try await node.demand("ip", "link", "set", "cni0", "up")
        try await node.demand(
            "ip", "link", "add", "s0", "master", "cni0", "type", "veth", "peer", "name", "eth0", "netns",
            serverSide.path)
        try await node.demand("ip", "link", "set", "s0", "up")
        try await serverSide.demand("ip", "link", "set", "eth0", "up")
        try await serverSide.demand("ip", "addr", "add", "10.77.0.1/24", "dev", "eth0")
        server = try RunningProcess(
            try Programs.path(of: "dnsmasq"),
            [
                "--no-daemon", "--conf-file=/dev/null", "--port=0", "--interface=eth0", "--bind-interfaces",
                "--user=root", "--dhcp-range=10.77.0.50,10.77.0.59,120", "--dhcp-option=3,10.77.0.1",
                "--dhcp-leasefile=\(delegate.programs)/leases", "--pid-file",
            ], in: serverSide)
        socket = "\(delegate.programs)/dhcp.sock"
        daemon = try RunningProcess(
            "/usr/lib/cni/dhcp", ["daemon", "-socketpath", socket, "-pidfile", "\(delegate.programs)/dhcp.pid"],
            in: node)
        _ = try await serverHasSaid("DHCP, IP range")
        for _ in 0..<200 where unsafe access(socket, F_OK) != 0 { try await Task.sleep(for: .milliseconds(50)) }
    }

    deinit {
        for process in [server, daemon] {
            kill(process.pid, SIGKILL)
            waitpid(process.pid, nil, 0)
        }
    }

    var configuration: String {
        """
        {"cniVersion":"1.0.0","name":"pods","type":"fairway","bridge":"cni0","isGateway":false,\
        "ipam":{"type":"dhcp","daemonSocketPath":"\(socket)"}}
        """
    }

    func call(_ command: String, _ configuration: String, pod: NetNS) async throws -> ProcessOutcome {
        try await delegate.call(command, configuration, pod: pod.path)
    }

    /// Waits until the server has logged some words.
    func serverHasSaid(_ words: String) async throws -> Bool {
        for _ in 0..<200 {
            if try server.errorSoFar().contains(words) { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }
}
