import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

/// Links of each kind, made and read back as they were asked for, and as `ip` sees them.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct LinkKindTests {
    private static let mac = MACAddress(value: 0x0200_0000_0042)

    @Test(
        "A VXLAN device has its MAC address, MTU, port and no learning from the start",
        arguments: [
            (IPAddress("192.0.2.1"), "local 192.0.2.1"), (IPAddress("fd00::1"), "local fd00::1"), (nil, "nolearning"),
        ])
    func vxlan(local: IPAddress?, words: String) async throws {
        let namespace = try NetNS()
        let options = VXLANOptions(id: 4711, local: local)
        let link = try inside(namespace) { socket throws(NetlinkError) in
            try socket.execute(
                .createLink(LinkSpecification(name: "vx0", kind: .vxlan(options), mac: Self.mac, mtu: 1430)))
            return try socket.link(named: "vx0")
        }
        #expect(link?.kind == "vxlan" && link?.details == .vxlan(options))
        #expect(link?.mac == Self.mac && link?.mtu == 1430 && link?.isUp == true)
        let shown = try await namespace.demand("ip", "-d", "link", "show", "vx0")
        for part in ["vxlan id 4711", "dstport 4789", "nolearning", words] { #expect(shown.contains(part), "\(shown)") }
    }

    @Test("A VXLAN device may have another port, learn, and lie on a link, with which it goes")
    func vxlanOnLink() async throws {
        let namespace = try NetNS()
        let (options, link, last) = try inside(namespace) { socket throws(NetlinkError) in
            try socket.execute(.createLink(LinkSpecification(name: "eth0", kind: .bridge(BridgeOptions()), mtu: 1500)))
            let underlay = try socket.link(named: "eth0")?.index
            let options = VXLANOptions(id: 1, port: 8473, underlay: underlay, learns: true)
            try socket.execute(.createLink(LinkSpecification(name: "vx0", kind: .vxlan(options))))
            let link = try socket.link(named: "vx0")
            try socket.execute(.changeLink(.name("vx0"), LinkChange(mtu: 1400)))
            let changed = try socket.link(named: "vx0")?.mtu
            try socket.execute(.deleteLink(.name("eth0")))
            return (options, link, [changed, try socket.link(named: "vx0")?.mtu])
        }
        // The kernel leaves room for the outer headers.
        #expect(link?.details == .vxlan(options) && link?.mtu == 1450)
        #expect(last == [1400, nil])
    }

    @Test("Two VXLAN devices of one number and port are refused in the kernel's words")
    func vxlanTwice() throws {
        let outcomes = try inside(try NetNS()) { socket throws(NetlinkError) in
            try socket.execute(
                ["vx0", "vx1"].map { .createLink(LinkSpecification(name: $0, kind: .vxlan(VXLANOptions(id: 7)))) })
        }
        #expect(outcomes[0] == nil && outcomes[1]?.errno == .exists)
        #expect(outcomes[1]?.operation == "create the vxlan vx1")
        // Some kernels end the sentence with a full stop.
        #expect(outcomes[1]?.kernelMessage?.hasPrefix("A VXLAN device with the specified VNI already exists") == true)
    }
}
