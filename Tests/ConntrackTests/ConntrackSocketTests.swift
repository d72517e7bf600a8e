import Conntrack
import LinuxSystem
import NetworkTypes
import TestSupport
import Testing

@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct ConntrackSocketTests {
    /// Port 53 is served by .1 and port 54 by .2, whatever address is asked; port 55 by nobody, in a zone of its own.
    private static let rules = """
        table ip nat {
          chain output { type nat hook output priority -100;
            udp dport 53 dnat to 10.0.0.1:5353
            udp dport 54 dnat to 10.0.0.2:5353
          }
          chain zones { type filter hook output priority raw; udp dport 55 ct zone set 7; }
        }
        table ip6 nat {
          chain output { type nat hook output priority -100; udp dport 53 dnat to [fd00::1]:5353; }
        }
        """

    private func namespace() async throws -> NetNS {
        let namespace = try NetNS()
        try await namespace.demand("ip", "link", "set", "lo", "up")
        for address in ["10.0.0.1/32", "10.0.0.2/32", "192.0.2.1/32", "192.0.2.2/32"] {
            try await namespace.demand("ip", "addr", "add", address, "dev", "lo")
        }
        for address in ["fd00::1/128", "fd00::99/128"] {
            try await namespace.demand("ip", "addr", "add", address, "dev", "lo", "nodad")
        }
        try await load(Self.rules, namespace)
        return namespace
    }

    private func load(_ rules: String, _ namespace: NetNS) async throws {
        let outcome = try await RunningProcess(Programs.path(of: "nft"), ["-f", "-"], input: rules, in: namespace)
            .outcome()
        #expect(outcome.exitCode == 0, "\(outcome.errorOutput)")
    }

    private func send(_ namespace: NetNS, _ count: Int, to address: String, _ port: UInt16) async throws {
        try await namespace.demand(
            "bash", "-c", "for i in $(seq \(count)); do echo x > /dev/udp/\(address)/\(port); done 2> /dev/null; true")
    }

    private func open(_ namespace: NetNS) throws -> ConntrackSocket {
        try namespace.perform { () throws(SystemError) in try ConntrackSocket() }
    }

    private func ports(_ socket: inout ConntrackSocket, _ family: IPFamily = .ipv4) throws -> [UInt16: Int] {
        try socket.entries(family).filter { $0.original.proto == 17 }
            .reduce(into: [:]) { $0[$1.original.destinationPort, default: 0] += 1 }
    }

    @Test("Entries go by port, address and who answers; all others stay")
    func selection() async throws {
        let namespace = try await namespace()
        var socket = try open(namespace)
        let pod = try #require(IPAddress("10.0.0.1"))
        let node = try #require(IPAddress("192.0.2.1"))
        #expect(try socket.count() == 0)
        #expect(try socket.deleteEntries(.ipv4, where: ConntrackFilter([.init(.udp, 53)])) == 0)
        try await send(namespace, 5, to: "192.0.2.1", 53)
        try await send(namespace, 3, to: "192.0.2.2", 53)
        try await send(namespace, 4, to: "192.0.2.1", 54)
        try await send(namespace, 2, to: "fd00::99", 53)
        #expect(try ports(&socket) == [53: 8, 54: 4])
        #expect(try ports(&socket, .ipv6) == [53: 2])

        let both: Set<ConntrackFilter.Destination> = [.init(.udp, 53), .init(.udp, 54)]
        #expect(try socket.deleteEntries(.ipv4, where: ConntrackFilter([.init(.tcp, 53)])) == 0)
        #expect(try socket.deleteEntries(.ipv4, where: ConntrackFilter([.init(.udp, 53, address: node)])) == 5)
        #expect(try ports(&socket) == [53: 3, 54: 4])
        #expect(try socket.deleteEntries(.ipv4, where: ConntrackFilter(both, replySource: .differs(from: pod))) == 4)
        #expect(try ports(&socket) == [53: 3])
        #expect(try socket.deleteEntries(.ipv4, where: ConntrackFilter(both, replySource: .equals(pod))) == 3)
        #expect(try ports(&socket).isEmpty)
        #expect(try ports(&socket, .ipv6) == [53: 2])
        let pod6 = try #require(IPAddress("fd00::1"))
        #expect(
            try socket.deleteEntries(.ipv6, where: ConntrackFilter([.init(.udp, 53)], replySource: .equals(pod6))) == 2)
        #expect(try ports(&socket, .ipv6).isEmpty)
    }

    /// Sends from as many ports as there are to be entries.
    private static let crowd = """
        import socket,sys
        for port in range(20000,20000+int(sys.argv[1])):
            s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)
            s.bind(('192.0.2.2',port))
            s.sendto(b'x',('192.0.2.1',99))
        """

    @Test(
        "Entries of both families go at once, each family's by its own filter, in a small table and in a large one",
        arguments: [0, 1200])
    func bothFamilies(crowd: Int) async throws {
        let namespace = try await namespace()
        var socket = try open(namespace)
        try await namespace.demand("python3", "-c", Self.crowd, "\(crowd)")
        #expect(try socket.count() >= crowd)
        let pods = [try #require(IPAddress("10.0.0.1")), try #require(IPAddress("fd00::1"))]
        for port: UInt16 in [53, 54] {
            try await send(namespace, 3, to: "192.0.2.1", port)
            try await send(namespace, 2, to: "fd00::99", port)
        }
        #expect(try socket.deleteEntries(nil, where: ConntrackFilter([.init(.udp, 98)])) == 0)
        let own = pods.map { ConntrackFilter([.init(.udp, 53)], replySource: .equals($0)) }
        let others = pods.map { ConntrackFilter([.init(.udp, 54)], replySource: .differs(from: $0)) }
        #expect(try socket.deleteEntries(nil, where: [own[1]]) == 2)
        #expect(try socket.deleteEntries(nil, where: own + [others[0]]) == 6)
        #expect(try ports(&socket) == (crowd == 0 ? [:] : [99: crowd]))
        #expect(try ports(&socket, .ipv6) == [54: 2])
        #expect(try socket.deleteEntries(nil, where: others) == 2)
        #expect(try socket.entries(nil).filter { $0.original.proto == 17 }.count == crowd)
    }

    @Test("Hundreds go, also those of a zone, and a condition of one's own selects too")
    func many() async throws {
        let namespace = try await namespace()
        var socket = try open(namespace)
        try await send(namespace, 200, to: "192.0.2.1", 53)
        try await send(namespace, 3, to: "192.0.2.1", 55)
        // The kernel gives a source port twice now and then, which makes one entry of two packets.
        let present = try #require(try ports(&socket)[53])
        #expect((150...200).contains(present))
        #expect(try socket.deleteEntries(.ipv4, where: ConntrackFilter([.init(.udp, 53)])) == present)
        #expect(try ports(&socket) == [55: 3])
        try await send(namespace, 2, to: "192.0.2.1", 53)
        try await send(namespace, 2, to: "192.0.2.1", 54)
        let second = try #require(IPAddress("10.0.0.2"))
        let filters = [
            ConntrackFilter([.init(.udp, 53)], replySource: .equals(second)),
            ConntrackFilter([.init(.udp, 54)], replySource: .equals(second)),
        ]
        #expect(try socket.deleteEntries(.ipv4, where: filters) == 2)
        #expect(try ports(&socket) == [53: 2, 55: 3])
        #expect(try socket.deleteEntries(.ipv4, where: ConntrackFilter([.init(.udp, 53)])) == 2)
        #expect(try socket.deleteEntries(.ipv4) { $0.original.destinationPort == 55 } == 3)
        #expect(try ports(&socket).isEmpty)
    }

    @Test(
        "The kernel sends only what has the filter's one protocol and port",
        .enabled(if: KernelVersion.running >= KernelVersion(5, 8)))
    func narrowing() async throws {
        let namespace = try await namespace()
        var socket = try open(namespace)
        try await send(namespace, 3, to: "192.0.2.1", 53)
        try await send(namespace, 2, to: "192.0.2.1", 54)
        func count(_ destinations: Set<ConntrackFilter.Destination>) throws -> Int {
            try socket.entries(.ipv4, narrowedBy: ConntrackFilter(destinations)).count
        }
        #expect(try count([.init(.udp, 53)]) == 3)
        #expect(try count([.init(.tcp, 53)]) == 0)
        #expect(try count([.init(.udp, 53), .init(.udp, 54)]) == 5)
        #expect(try count([.init(.udp, 53), .init(.tcp, 54)]) == 5)
    }

    @Test("A flow that goes on reaches the new server once its entry is gone, and not before")
    func staleFlow() async throws {
        let namespace = try await namespace()
        var conntrack = try open(namespace)
        let old = try UDPSocket(in: namespace, "10.0.0.1", 5353)
        let new = try UDPSocket(in: namespace, "10.0.0.2", 5353)
        let client = try UDPSocket(in: namespace, "192.0.2.2", 0)
        try client.send(to: "192.0.2.1", 53)
        #expect(old.takesPacket())
        try await load(
            "flush chain ip nat output; add rule ip nat output udp dport 53 dnat to 10.0.0.2:5353", namespace)
        try client.send(to: "192.0.2.1", 53)
        #expect(old.takesPacket())
        #expect(!new.takesPacket())
        let pod = try #require(IPAddress("10.0.0.2"))
        let stale = ConntrackFilter([.init(.udp, 53)], replySource: .differs(from: pod))
        #expect(try conntrack.deleteEntries(.ipv4, where: stale) == 1)
        try client.send(to: "192.0.2.1", 53)
        #expect(new.takesPacket())
        #expect(!old.takesPacket())
        #expect(try conntrack.deleteEntries(.ipv4, where: stale) == 0)
    }
}
