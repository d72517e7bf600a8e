import Glibc
import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

/// Routes of one maker among others, on the real kernel.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct RouteTests {
    private static let ours: UInt8 = 142

    /// A link `d0` that is up, with an address of each family.
    private func namespace() async throws -> NetNS {
        let namespace = try NetNS()
        try await namespace.demand("ip", "link", "add", "d0", "type", "vxlan", "id", "7", "dstport", "4789")
        try await namespace.demand("ip", "link", "set", "d0", "up")
        try await namespace.demand("ip", "addr", "add", "10.1.0.1/24", "dev", "d0")
        try await namespace.demand("ip", "addr", "add", "fd01::1/64", "dev", "d0", "nodad")
        return namespace
    }

    private func route(_ destination: String, via gateway: String, _ link: Int32) throws -> Route {
        let gateway = try #require(IPAddress(gateway))
        var route = Route(destination: try #require(CIDR(destination)), gateway: gateway, link: link)
        route.protocolNumber = Self.ours
        route.priority = 50
        return route
    }

    @Test(
        "A route is read back as it was written, whole, by its maker's number",
        arguments: [("10.2.0.0/16", "10.1.0.9", "203.0.113.1"), ("fd02::/48", "fd01::9", "2001:db8::1")])
    func roundTrip(destination: String, gateway: String, far: String) async throws {
        let namespace = try await namespace()
        let link = try inside(namespace) { socket throws(NetlinkError) in try socket.link(named: "d0")?.index ?? 0 }
        var near = try route(destination, via: gateway, link)
        near.mtu = 1300
        near.advertisedMSS = 1200
        // No address says that the gateway is on the link.
        var onLink = try route(destination, via: far, link)
        onLink.priority = 51
        onLink.table = 1000
        onLink.isOnLink = true
        let wanted = [near, onLink]
        let family = near.destination.family
        let (ours, all) = try inside(namespace) { socket throws(NetlinkError) in
            for route in wanted { try socket.execute(.addRoute(route)) }
            return (try socket.routes(family, madeBy: Self.ours), try socket.routes(family))
        }
        #expect(Set(ours) == Set(wanted))
        // The address's own route is the kernel's.
        #expect(Set(all).isSuperset(of: wanted) && all.contains { $0.protocolNumber == 2 && $0.gateway == nil })
        let shown = try await namespace.demand(
            "ip", "-N", "-\(family == .ipv4 ? 4 : 6)", "route", "show", "table", "1000")
        #expect(shown.contains("proto 142") && shown.contains("onlink"), "\(shown)")
    }

    @Test(
        "Of a route that needs its gateway on the link the kernel says so", arguments: ["203.0.113.1", "2001:db8::1"])
    func notOnLink(gateway: String) async throws {
        let namespace = try await namespace()
        let destination = gateway.contains(":") ? "fd02::/48" : "10.2.0.0/16"
        let link = try inside(namespace) { socket throws(NetlinkError) in try socket.link(named: "d0")?.index ?? 0 }
        let route = try route(destination, via: gateway, link)
        let error = try inside(namespace) { socket throws(NetlinkError) in try socket.execute([.addRoute(route)])[0] }
        // Of IPv6 it says so by the number alone.
        let isIPv6 = gateway.contains(":")
        #expect(error?.errno.rawValue == (isIPv6 ? EHOSTUNREACH : ENETUNREACH))
        #expect(isIPv6 || error?.kernelMessage?.isEmpty == false)
    }

    @Test(
        "Replacing moves a route to another gateway; deleting takes the one whose gateway is named, and no other's",
        arguments: [
            ("10.2.0.0/16", "10.1.0.8", "10.1.0.9"), ("fd02::/48", "fd01::8", "fd01::9"),
        ])
    func replaceAndDelete(destination: String, first: String, second: String) async throws {
        let namespace = try await namespace()
        let link = try inside(namespace) { socket throws(NetlinkError) in try socket.link(named: "d0")?.index ?? 0 }
        let old = try route(destination, via: first, link)
        let new = try route(destination, via: second, link)
        var stranger = new
        stranger.protocolNumber = 4
        stranger.priority = 60
        let others = stranger
        let family = old.destination.family
        let (kinds, steps) = try inside(namespace) { socket throws(NetlinkError) in
            var steps: [[Route]] = []
            try socket.execute(.addRoute(others))
            try socket.execute(.replaceRoute(old))
            steps.append(try socket.routes(family, madeBy: Self.ours))
            try socket.execute(.replaceRoute(new))
            steps.append(try socket.routes(family, madeBy: Self.ours))
            // Of another gateway there is none any more, and the same again is one that exists.
            let refusals = try socket.execute([.deleteRoute(old), .addRoute(new)])
            steps.append(try socket.routes(family, madeBy: Self.ours))
            try socket.execute(.deleteRoute(new))
            steps.append(try socket.routes(family, madeBy: Self.ours))
            steps.append(try socket.routes(family, madeBy: 4))
            return (refusals.map { $0?.errno }, steps)
        }
        #expect(kinds == [.noProcess, .exists])
        #expect(steps == [[old], [new], [new], [], [others]])
    }
}
