import AttachmentStore
import Attachments
import NFTables
import NetworkTypes
import PodTables
import TestSupport
import Testing

/// Who has a host port that two attachments want.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct ConflictTests {
    private static let address = IPAddress("192.0.2.1")
    private static let other = IPAddress("192.0.2.2")
    private static let any4 = IPAddress("0.0.0.0")
    private static let v6 = IPAddress("2001:db8::1")

    /// What is there first, and what can be there beside it.
    static let pairs: [(first: HostPort, second: HostPort, excludes: Bool)] = [
        (HostPort(.tcp, 80, to: 80), HostPort(.tcp, 80, to: 81), true),
        (HostPort(.tcp, 80, to: 80), HostPort(.udp, 80, to: 80), false),
        (HostPort(.tcp, 80, to: 80), HostPort(.tcp, 81, to: 80), false),
        (HostPort(.tcp, 80, to: 80), HostPort(.tcp, 80, to: 80, on: address), true),
        (HostPort(.tcp, 80, to: 80, on: address), HostPort(.tcp, 80, to: 80), true),
        (HostPort(.tcp, 80, to: 80, on: address), HostPort(.tcp, 80, to: 80, on: address), true),
        (HostPort(.tcp, 80, to: 80, on: address), HostPort(.tcp, 80, to: 80, on: other), false),
        (HostPort(.tcp, 80, to: 80, on: any4), HostPort(.tcp, 80, to: 80, on: v6), false),
        (HostPort(.tcp, 80, to: 80), HostPort(.tcp, 80, to: 80, on: v6), true),
    ]

    @Test("A host port that is taken is refused with its owner's name, as bind(2) has it", arguments: pairs)
    func taken(first: HostPort, second: HostPort, excludes: Bool) throws {
        let node = try Node()
        // A third pod keeps the tables there, so that the single step is tried.
        let third = pod(9, ports: [HostPort(.tcp, 9, to: 9, on: Self.other)])
        try node.add(third)
        try node.add(pod(5, ports: [first]))
        let newcomer = pod(6, ports: [HostPort(.sctp, 7, to: 7), second])
        if excludes {
            let error = try #require(throws: PodTableError.self) { try node.add(newcomer) }
            let conflict = PortConflict(port: second, claimant: newcomer.owner, holder: pod(5).owner)
            #expect(error == .portTaken(conflict))
            #expect(
                "\(error)" == "host port \(second) is taken by container container-5, interface eth0 of network pods")
            #expect(try node.store().record(of: key(newcomer)) == nil)
        } else {
            try node.add(newcomer)
        }
        #expect(try node.differences() == [])
        try node.remove(key(pod(5)))
        if excludes { try node.add(newcomer) }
        try node.remove(key(newcomer))
        #expect(try node.differences() == [])
        try node.remove(key(third))
        #expect(try node.dump().isEmpty)
    }

    @Test("Under portmap's policy the first is served, and the next one when it goes", arguments: pairs)
    func waiting(first: HostPort, second: HostPort, excludes: Bool) throws {
        let node = try Node()
        try node.add(pod(5, ports: [first]), role: "portmap")
        try node.add(pod(6, ports: [second]), role: "portmap", onConflict: .wait)
        try node.add(pod(7, ports: [second]), role: "portmap", onConflict: .wait)
        #expect(try node.differences() == [])
        // Specific addresses exclude a port on all of their own family only.
        let family: TableFamily = second.hostAddress == Self.v6 ? .ip6 : .ip
        #expect(try node.served(by: pod(6), family) == !excludes)
        try node.remove(key(pod(5), role: "portmap"))
        #expect(try node.served(by: pod(6), family))
        #expect(try !node.served(by: pod(7), family))
        try node.remove(key(pod(6), role: "portmap"))
        #expect(try node.served(by: pod(7), family))
        #expect(try node.differences() == [])
        try node.remove(key(pod(7), role: "portmap"))
        #expect(try node.dump().isEmpty)
    }

    @Test("What a container claims twice, in one network or in two, is served once")
    func itself() throws {
        let node = try Node()
        let twice = pod(5, ports: [HostPort(.tcp, 80, to: 80), HostPort(.tcp, 80, to: 81)])
        try node.add(twice)
        #expect(try node.differences() == [])
        let second = pod(5, network: "more", ports: [HostPort(.tcp, 80, to: 80)])
        try node.add(second)
        #expect(try node.differences() == [])
        try node.setState([])
        #expect(try node.withTable { table throws(PodTableError) in try table.absences(of: key(second)) } == [])
        try node.remove(key(twice))
        #expect(try node.served(by: second, .ip))
        #expect(try node.differences() == [])
        try node.remove(key(second))
        #expect(try node.dump().isEmpty)
    }
}

extension Node {
    /// Whether any host port of a family leads to the pod.
    fileprivate func served(by rules: PodDemand, _ family: TableFamily) throws -> Bool {
        let words = Set(rules.addresses.map { [UInt32].address($0.address) })
        return try dump().contains { table, snapshot in
            table.family == family
                && ["host-ports", "host-ip-ports"].compactMap { snapshot.sets[$0]?.elements }.contains { elements in
                    (0..<elements.count).contains { words.contains(Array(elements.data($0).dropLast())) }
                }
        }
    }
}
