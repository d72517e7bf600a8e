import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

/// The first pod on a new bridge over IPv6, as others see it: its node is ready when ADD returns.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct FirstPodTests {
    /// Whether the bridge is there already, and how.
    enum Bridge: String, CaseIterable, Sendable {
        case none
        case existing = "ip link add cni0 type bridge"
        case withAddresses = "ip link add cni0 up type bridge; ip addr add fd85::1/64 dev cni0"
        /// Without its last port it has no MAC address either.
        case withoutPort = """
            ip link add cni0 up type bridge; ip link add other master cni0 type veth peer name end; ip link del other
            """
        /// A pod's port gives it a link-local address, which is tentative then.
        case withPort = """
            ip link add cni0 up type bridge; ip link add other master cni0 up type veth peer name end; ip link set end up
            """
        case withoutIPv6 = """
            ip link add cni0 up type bridge; sysctl -qw net.ipv6.conf.cni0.disable_ipv6=1
            ip link add other master cni0 up type veth peer name end; ip link set end up
            """
    }

    @Test(
        "The first packet from elsewhere is answered, although the node may ask for the pod only once",
        arguments: Bridge.allCases)
    func firstPacket(bridge: Bridge) async throws {
        let stage = try await WorldNode()
        let node = stage.node
        try await stage.world.demand("ip", "-6", "route", "add", "fd85::/64", "via", "2001:db8::1")
        try await stage.awaitUplink()
        if bridge != .none { try await node.namespace.demand("sh", "-ec", bridge.rawValue) }
        let pod = try node.makePod()
        _ = try await node.add(node.configuration(keys: #","forceAddress":true"#), pod: pod)
        // A question that the node cannot send is lost then, and the packet that waits for its answer too.
        try await node.namespace.demand("sysctl", "-qw", "net.ipv6.neigh.cni0.mcast_solicit=1")
        let usable = try node.linkLocalAddresses(of: "cni0")
        #expect(usable.contains { $0.isUsable }, "\(usable)")
        let server = try await stage.serve("c1", in: pod)
        #expect(try await stage.ask(from: stage.world, "fd85::2", 8080, udp: true) == "c1 2001:db8::2")
        withExtendedLifetime(server) {}
    }
}

extension PluginNode {
    /// The link-local addresses of a link of the node's, with how far their detection has come.
    func linkLocalAddresses(of name: String) throws -> [LinkAddress] {
        try RouteNetlinkReader.linkAddresses(of: name, in: namespace).filter { $0.address.address.isLinkLocal }
    }
}
