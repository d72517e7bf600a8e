import AttachmentStore
import Attachments
import LinuxSystem
import NetworkTypes
import PodTables
import TestSupport
import Testing

/// Real packets through host ports and masquerading.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct TrafficTests {
    private static let protocols: [TransportProtocol] = [.tcp, .udp]

    private func ports(_ number: UInt16, on address: String? = nil) -> [HostPort] {
        Self.protocols.map { HostPort($0, number, to: 8080, on: address.flatMap { IPAddress($0) }) }
    }

    @Test(
        "A host port leads to its pod from outside, the node, the pod itself and its neighbour",
        arguments: IPFamily.allCases)
    func everywhere(_ family: IPFamily) async throws {
        let traffic = try await TrafficNode()
        try traffic.node.add(pod(5, ports: ports(80), masquerade: true))
        let address = try #require(TrafficNode.nodeAddresses[family])
        let outside = try #require(TrafficNode.outsideAddresses[family])
        let bridge = TrafficNode.podAddress(1, family)
        let pod5 = try #require(traffic.pods[5])
        let pod6 = try #require(traffic.pods[6])
        for proto in Self.protocols {
            #expect(try await traffic.connect(from: traffic.outside, to: address, 80, proto) == "pod5 \(outside)")
            let own = try await traffic.connect(from: traffic.node.namespace, to: address, 80, proto)
            #expect(own == "pod5 \(address)" || own == "pod5 \(bridge)")
            #expect(try await traffic.connect(from: pod5, to: address, 80, proto) == "pod5 \(bridge)")
            let neighbour = TrafficNode.podAddress(6, family)
            #expect(try await traffic.connect(from: pod6, to: address, 80, proto) == "pod5 \(neighbour)")
            // Nothing else changes.
            #expect(
                try await traffic.connect(from: pod6, to: TrafficNode.podAddress(5, family), 8080, proto)
                    == "pod5 \(neighbour)")
            #expect(try await traffic.connect(from: pod6, to: address, 81, proto, milliseconds: 300) == nil)
        }
    }

    @Test("Packets that only pass through the node keep their destination", arguments: IPFamily.allCases)
    func passingThrough(_ family: IPFamily) async throws {
        let traffic = try await TrafficNode()
        try traffic.node.add(pod(5, ports: ports(8080), masquerade: true))
        let pod6 = try #require(traffic.pods[6])
        let outside = try #require(TrafficNode.outsideAddresses[family])
        let node = try #require(TrafficNode.nodeAddresses[family])
        for proto in Self.protocols {
            // The host outside has a server on the same port.
            #expect(try await traffic.connect(from: pod6, to: outside, 8080, proto) == "outside \(node)")
        }
    }

    @Test("A port on one address is on that one only", arguments: IPFamily.allCases)
    func oneAddress(_ family: IPFamily) async throws {
        let traffic = try await TrafficNode()
        let address = try #require(TrafficNode.nodeAddresses[family])
        let bridge = TrafficNode.podAddress(1, family)
        try traffic.node.add(pod(5, ports: ports(80, on: address)))
        try traffic.node.add(pod(6, ports: ports(80, on: bridge)))
        for proto in Self.protocols {
            #expect(
                try await traffic.connect(from: traffic.outside, to: address, 80, proto)?.hasPrefix("pod5 ") == true)
            #expect(
                try await traffic.connect(from: traffic.node.namespace, to: bridge, 80, proto)?.hasPrefix("pod6 ")
                    == true)
        }
    }

    @Test("The node reaches a port at 127.0.0.1 with the option only")
    func loopback() async throws {
        let traffic = try await TrafficNode()
        try traffic.node.add(pod(5, ports: ports(80)))
        for proto in Self.protocols {
            #expect(
                try await traffic.connect(from: traffic.node.namespace, to: "127.0.0.1", 80, proto, milliseconds: 300)
                    == nil)
        }
        try traffic.node.add(pod(6, ports: ports(81), onLoopback: true))
        for proto in Self.protocols {
            #expect(
                try await traffic.connect(from: traffic.node.namespace, to: "127.0.0.1", 81, proto) == "pod6 10.244.0.1"
            )
            #expect(
                try await traffic.connect(from: traffic.node.namespace, to: "127.0.0.1", 80, proto, milliseconds: 300)
                    == nil)
        }
    }

    @Test("A pod's packets to the node's 127.0.0.1 go no further, although route_localnet lets them in (CVE-2020-8558)")
    func loopbackGuard() async throws {
        let traffic = try await TrafficNode()
        let node = traffic.node.namespace
        let pod5 = try #require(traffic.pods[5])
        try pod5.perform { () throws(SystemError) in try Sysctl.set("net/ipv4/conf/all/route_localnet", to: "1") }
        try await pod5.batch(
            """
            route del local 127.0.0.1 dev lo table local
            route del local 127.0.0.0/8 dev lo table local
            route add 127.0.0.1 via 10.244.0.1
            """)
        try await node.demand(
            "nft",
            """
            table ip probe {
                chain input { type filter hook input priority 0; iifname "br0" ip daddr 127.0.0.0/8 counter; }
            }
            """)
        func arrivals() async throws -> Int {
            for proto in Self.protocols {
                _ = try await traffic.connect(from: pod5, to: "127.0.0.1", 8080, proto, milliseconds: 300)
            }
            let listing = try await node.demand("nft", "list", "chain", "ip", "probe", "input")
            let count = listing.firstRange(of: "packets ").flatMap {
                Int(listing[$0.upperBound...].prefix { $0 != " " })
            }
            return try #require(count)
        }
        // Without the guard they arrive: the attack works.
        let before = try await arrivals()
        #expect(before >= 2)
        try traffic.node.add(pod(6, ports: ports(81), onLoopback: true))
        let with = try await arrivals()
        try traffic.node.remove(key(pod(6)))
        #expect(with == before)
        #expect(try await arrivals() > before)
    }

    @Test(
        "portmap's snat and masqAll hide their clients, and connections that are no host port's stay",
        arguments: IPFamily.allCases)
    func clientNAT(_ family: IPFamily) async throws {
        let traffic = try await TrafficNode()
        try traffic.node.add(pod(5, ports: ports(80), clientNAT: .everything))
        try traffic.node.add(pod(6, ports: ports(81), clientNAT: .subnet))
        let address = try #require(TrafficNode.nodeAddresses[family])
        let outside = try #require(TrafficNode.outsideAddresses[family])
        let bridge = TrafficNode.podAddress(1, family)
        let pod5 = try #require(traffic.pods[5])
        for proto in Self.protocols {
            #expect(try await traffic.connect(from: traffic.outside, to: address, 80, proto) == "pod5 \(bridge)")
            #expect(try await traffic.connect(from: traffic.outside, to: address, 81, proto) == "pod6 \(outside)")
            #expect(try await traffic.connect(from: pod5, to: address, 81, proto) == "pod6 \(bridge)")
            #expect(
                try await traffic.connect(from: pod5, to: TrafficNode.podAddress(6, family), 8080, proto)
                    == "pod6 \(TrafficNode.podAddress(5, family))")
        }
    }

    @Test("A guarded link's frames go on with its own MAC address only")
    func guarded() async throws {
        let traffic = try await TrafficNode()
        let rules = pod(5, guarded: true)
        try traffic.node.add(rules)
        let pod5 = try #require(traffic.pods[5])
        #expect(try await traffic.connect(from: pod5, to: "10.244.0.6", 8080) == "pod6 10.244.0.5")
        try await pod5.batch("link set eth0 address 0a:58:00:00:00:0f")
        #expect(try await traffic.connect(from: pod5, to: "10.244.0.6", 8080, milliseconds: 500) == nil)
        try traffic.node.remove(key(rules))
        #expect(try await traffic.connect(from: pod5, to: "10.244.0.6", 8080) == "pod6 10.244.0.5")
    }
}
