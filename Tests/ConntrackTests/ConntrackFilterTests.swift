import Conntrack
import NetworkTypes
import Testing

struct ConntrackFilterTests {
    private func entry(
        proto: UInt8 = 17, to destination: String = "192.0.2.1", port: UInt16 = 53, from server: String
    ) throws -> ConntrackEntry {
        let client = try #require(IPAddress(destination.contains(":") ? "fd00::99" : "198.51.100.7"))
        let destination = try #require(IPAddress(destination))
        let server = try #require(IPAddress(server))
        return ConntrackEntry(
            original: .init(from: client, 40000, to: destination, port, proto: proto),
            reply: .init(from: server, 5353, to: client, 40000, proto: proto))
    }

    @Test("Protocol, port and, where one is given, address of the destination decide")
    func destinations() throws {
        let address = try #require(IPAddress("192.0.2.1"))
        let everywhere = ConntrackFilter([.init(.udp, 53), .init(.sctp, 99)])
        let oneAddress = ConntrackFilter([.init(.udp, 53, address: address)])
        #expect(everywhere.selects(try entry(from: "10.0.0.1")))
        #expect(everywhere.selects(try entry(proto: 132, port: 99, from: "10.0.0.1")))
        #expect(everywhere.selects(try entry(to: "fd00::1", from: "fd00::2")))
        #expect(!everywhere.selects(try entry(proto: 6, from: "10.0.0.1")))
        #expect(!everywhere.selects(try entry(port: 54, from: "10.0.0.1")))
        #expect(!everywhere.selects(try entry(port: 99, from: "10.0.0.1")))
        #expect(!everywhere.selects(try entry(proto: 1, from: "10.0.0.1")))
        #expect(oneAddress.selects(try entry(from: "10.0.0.1")))
        #expect(!oneAddress.selects(try entry(to: "192.0.2.2", from: "10.0.0.1")))
        #expect(!ConntrackFilter([]).selects(try entry(from: "10.0.0.1")))
    }

    @Test("Who answers decides, within one family")
    func replySource() throws {
        let pod = try #require(IPAddress("10.0.0.1"))
        let its = ConntrackFilter([.init(.udp, 53)], replySource: .equals(pod))
        let others = ConntrackFilter([.init(.udp, 53)], replySource: .differs(from: pod))
        #expect(its.selects(try entry(from: "10.0.0.1")))
        #expect(!its.selects(try entry(from: "10.0.0.2")))
        #expect(!others.selects(try entry(from: "10.0.0.1")))
        #expect(others.selects(try entry(from: "192.0.2.1")))
        #expect(!others.selects(try entry(to: "fd00::1", from: "fd00::2")))
    }
}
