import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

private let bridgeOptions = BridgeOptions(callsIPTables: true, callsIP6Tables: false)
private let bridge = LinkSpecification(
    name: "br0", kind: .bridge(bridgeOptions), mac: MACAddress(value: 0x0200_0000_0001), mtu: 1400)

@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct RouteSocketTests {
    @Test("A bridge is created with all its properties and read back")
    func createBridge() throws {
        let link = try inside(try NetNS()) { socket throws(NetlinkError) in
            try socket.execute(.createLink(bridge))
            return try socket.link(named: "br0")
        }
        #expect(link?.kind == "bridge")
        #expect(link?.mac == bridge.mac)
        #expect(link?.mtu == 1400)
        #expect(link?.isUp == true)
        #expect(try bridgeOptions.isMet(by: #require(link?.bridge)))
    }

    @Test("A batch goes on after a failure, and each request has its own outcome")
    func batch() throws {
        let outcomes = try inside(try NetNS()) { socket throws(NetlinkError) in
            try socket.execute([
                .createLink(bridge), .createLink(bridge), .deleteLink(.name("none")),
                .changeLink(.name("br0"), LinkChange(alias: "hello")), .deleteLink(.name("br0")),
            ])
        }
        #expect(outcomes.map { $0?.errno } == [nil, .exists, .noDevice, nil, nil])
        #expect(outcomes[1]?.operation == "create the bridge br0")
    }

    @Test("Hundreds of requests are acknowledged, none is lost")
    func manyRequests() throws {
        let counts = try inside(try NetNS()) { socket throws(NetlinkError) in
            try socket.execute(.createLink(bridge))
            let link = try socket.link(named: "br0")?.index ?? 0
            let requests = (1...500).compactMap { number in
                CIDR(IPAddress(family: .ipv4, value: 0x0a00_0000 + UInt128(number)), prefixLength: 32)
            }.map { RouteRequest.addAddress(LinkAddress(link: link, address: $0)) }
            let outcomes = try socket.execute(requests)
            let present = try socket.addresses(ofLink: link).count { $0.address.family == .ipv4 }
            return [outcomes.count, outcomes.compactMap(\.self).count, present]
        }
        #expect(counts == [500, 0, 500])
    }

    @Test("The kernel's own sentence is in the error")
    func extendedAcknowledgement() throws {
        let error = try inside(try NetNS()) { socket throws(NetlinkError) -> NetlinkError? in
            try socket.execute(.createLink(bridge))
            let link = try socket.link(named: "br0")?.index ?? 0
            guard let far = CIDR("10.9.0.0/16"), let gateway = IPAddress("192.0.2.1") else { return nil }
            return try socket.execute([.addRoute(Route(destination: far, gateway: gateway, link: link))])[0]
        }
        #expect(error?.kernelMessage == "Nexthop has invalid gateway")
        #expect(error?.description.hasPrefix("add the route to 10.9.0.0/16 via 192.0.2.1: ") == true)
    }

    @Test(
        "Addresses, routes and neighbours of both families are written and read back",
        arguments: [
            ("10.1.0.1/24", "10.2.0.0/16", "10.1.0.9"), ("fd01::1/64", "fd02::/48", "fd01::9"),
        ])
    func objects(address: String, destination: String, gateway: String) throws {
        let address = try #require(CIDR(address))
        let gateway = try #require(IPAddress(gateway))
        var route = Route(destination: try #require(CIDR(destination)), gateway: gateway, link: 0)
        route.priority = 77
        route.mtu = 1300
        let wanted = route
        let mac = MACAddress(value: 0x0200_0000_0009)
        let (addresses, routes, neighbours) = try inside(try NetNS()) { socket throws(NetlinkError) in
            try socket.execute(.createLink(bridge))
            let link = try socket.link(named: "br0")?.index ?? 0
            var route = wanted
            route.link = link
            let neighbour = Neighbour(link: link, address: gateway, mac: mac)
            for outcome in try socket.execute([
                .addAddress(LinkAddress(link: link, address: address)), .addRoute(route), .setNeighbour(neighbour),
            ]) {
                if let outcome { throw outcome }
            }
            return (
                try socket.addresses(ofLink: link), try socket.routes(address.family, throughLink: link),
                try socket.neighbours(address.family, ofLink: link)
            )
        }
        #expect(addresses.map(\.address).contains(address))
        let found = try #require(routes.first { $0.destination == wanted.destination })
        #expect(found.gateway == gateway && found.priority == 77 && found.table == 254)
        #expect(neighbours.contains { $0.address == gateway && $0.mac == mac })
    }

    @Test("Links of one group go at once, others stay")
    func group() throws {
        let names = try inside(try NetNS()) { socket throws(NetlinkError) in
            for number in 0..<10 {
                var specification = bridge
                specification.name = "br\(number)"
                try socket.execute(.createLink(specification))
                guard number > 0 else { continue }
                try socket.execute(.changeLink(.name(specification.name), LinkChange(group: 4711)))
            }
            try socket.execute(.deleteGroup(4711))
            return try socket.links().map(\.name)
        }
        #expect(names.sorted() == ["br0", "lo"])
    }

    @Test("A link that is not there is nil, not an error; an alias that is too long is an error")
    func edges() throws {
        #expect(try inside(try NetNS()) { socket throws(NetlinkError) in try socket.link(named: "nothing") } == nil)
        let alias = String(repeating: "a", count: 300)
        #expect(throws: NetlinkError.self) {
            try inside(try NetNS()) { socket throws(NetlinkError) in
                try socket.execute(.changeLink(.name("lo"), LinkChange(alias: alias)))
            }
        }
        #expect(throws: NetlinkError.self) {
            try inside(try NetNS()) { socket throws(NetlinkError) in
                try socket.execute(.changeLink(.name("lo"), LinkChange(alias: String(repeating: "a", count: 9000))))
            }
        }
    }
}
