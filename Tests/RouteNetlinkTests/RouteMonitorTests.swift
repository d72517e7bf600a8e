import Glibc
import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

/// What the kernel tells when `ip` changes something.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct RouteMonitorTests {
    private func open(
        _ namespace: NetNS, _ subjects: Set<RouteMonitor.Subject>, receiveBuffer: Int? = nil
    ) throws -> RouteMonitor {
        try namespace.perform { () throws(SystemError) in
            try RouteMonitor(subjects, receiveBuffer: receiveBuffer)
        }
    }

    /// Waits for the descriptor, then reads: what a command did has been told when it ends.
    private func events(_ monitor: borrowing RouteMonitor) throws -> [RouteEvent] {
        var entry = pollfd(fd: monitor.rawValue, events: Int16(POLLIN), revents: 0)
        #expect(unsafe poll(&entry, 1, 5000) == 1)
        return try monitor.read()
    }

    @Test("Links: made, up, renamed, in and out of a bridge, gone")
    func links() async throws {
        let namespace = try NetNS()
        let monitor = try open(namespace, [.links])
        #expect(try monitor.read().isEmpty)
        try await namespace.demand(
            "ip", "link", "add", "d0", "address", "02:00:00:00:00:07", "type", "vxlan", "id", "7", "dstport", "4789")
        let made = try events(monitor)
        guard case .link(let link)? = made.last else {
            Issue.record("\(made)")
            return
        }
        #expect(link.name == "d0" && link.kind == "vxlan" && !link.isUp && link.mac?.value == 0x0200_0000_0007)
        try await namespace.demand("ip", "link", "set", "d0", "name", "d1", "mtu", "1400", "up")
        guard case .link(let changed)? = try events(monitor).last else {
            Issue.record("no event")
            return
        }
        #expect(changed.index == link.index && changed.name == "d1" && changed.mtu == 1400 && changed.isUp)
        try await namespace.demand("ip", "link", "add", "br0", "type", "bridge")
        try await namespace.demand("ip", "link", "set", "d1", "master", "br0")
        try await namespace.demand("ip", "link", "set", "d1", "nomaster")
        let ported = try events(monitor)
        // The bridge says of a port that leaves that it is deleted; the link is not.
        #expect(!ported.contains { if case .linkDeleted = $0 { true } else { false } })
        #expect(
            ported.contains { if case .link(let link) = $0 { link.name == "d1" && link.master != nil } else { false } })
        guard
            case .link(let free)? = ported.last(where: { if case .link(let l) = $0 { l.name == "d1" } else { false } })
        else {
            Issue.record("\(ported)")
            return
        }
        #expect(free.master == nil)
        try await namespace.demand("ip", "link", "del", "d1")
        let gone = try events(monitor)
        #expect(gone.contains { if case .linkDeleted(let gone) = $0 { gone.index == link.index } else { false } })
        #expect(try monitor.read().isEmpty)
    }

    @Test("Addresses of both families come and go", arguments: ["10.1.0.1/24", "fd01::1/64"])
    func addresses(text: String) async throws {
        let namespace = try NetNS()
        try await namespace.demand("ip", "link", "add", "d0", "type", "vxlan", "id", "7", "dstport", "4789")
        let monitor = try open(namespace, [.addresses])
        let address = try #require(CIDR(text))
        try await namespace.demand("ip", "addr", "add", text, "dev", "d0")
        let added = try events(monitor)
        #expect(added.contains { if case .address(let a) = $0 { a.address == address } else { false } }, "\(added)")
        // Neither links nor routes were asked for.
        try await namespace.demand("ip", "link", "set", "d0", "mtu", "1400")
        try await namespace.demand("ip", "addr", "del", text, "dev", "d0")
        let deleted = try events(monitor)
        #expect(deleted.count == 1, "\(deleted)")
        #expect(deleted.contains { if case .addressDeleted(let a) = $0 { a.address == address } else { false } })
    }

    @Test(
        "Routes of both families come, move and go", arguments: [("10.2.0.0/16", "10.1.0."), ("fd02::/48", "fd01::")])
    func routes(destination: String, prefix: String) async throws {
        let namespace = try NetNS()
        let own = prefix.contains(":") ? "\(prefix)1/64" : "\(prefix)1/24"
        try await namespace.demand("ip", "link", "add", "d0", "type", "vxlan", "id", "7", "dstport", "4789")
        try await namespace.demand("ip", "link", "set", "d0", "up")
        try await namespace.demand("ip", "addr", "add", own, "dev", "d0", "nodad")
        let monitor = try open(namespace, [.routes])
        let link = try inside(namespace) { socket throws(NetlinkError) in try socket.link(named: "d0")?.index ?? 0 }
        func route(_ gateway: String) throws -> Route {
            let gateway = try #require(IPAddress(gateway))
            var route = Route(destination: try #require(CIDR(destination)), gateway: gateway, link: link)
            route.protocolNumber = 142
            route.priority = 50
            return route
        }
        try await namespace.demand(
            "ip", "route", "add", destination, "via", "\(prefix)8", "proto", "142", "metric", "50")
        #expect(try events(monitor) == [.route(try route("\(prefix)8"))])
        try await namespace.demand(
            "ip", "route", "replace", destination, "via", "\(prefix)9", "proto", "142", "metric", "50")
        #expect(try events(monitor) == [.route(try route("\(prefix)9"))])
        try await namespace.demand("ip", "route", "del", destination, "metric", "50")
        #expect(try events(monitor) == [.routeDeleted(try route("\(prefix)9"))])
        // What takes a unicast route's place without being one cannot be told as a value.
        let family = prefix.contains(":") ? "-6" : "-4"
        try await namespace.demand("ip", family, "route", "add", "blackhole", destination)
        #expect(try events(monitor) == [.everything])
    }

    @Test("When more happens than fits, everything may have changed, and what comes later is told again")
    func overflow() async throws {
        let namespace = try NetNS()
        let monitor = try open(namespace, [.links], receiveBuffer: 4096)
        try inside(namespace) { socket throws(NetlinkError) in
            for number in 0..<100 {
                try socket.execute(.createLink(LinkSpecification(name: "d\(number)", kind: .bridge(BridgeOptions()))))
            }
        }
        let told = try events(monitor)
        #expect(told.count { $0 == .everything } == 1 && told.count < 100)
        #expect(try monitor.read().isEmpty)
        try await namespace.demand("ip", "link", "del", "d99")
        #expect(try events(monitor).contains { if case .linkDeleted(let l) = $0 { l.name == "d99" } else { false } })
    }
}
