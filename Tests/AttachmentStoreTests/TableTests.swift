import AttachmentStore
import NFTables
import NetworkTypes
import PodRuleset
import TestSupport
import Testing

/// The kernel's tables beside the records, whatever happens to either.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct TableTests {
    @Test("Rules come and go with their attachments, and the last one takes the tables along")
    func comeAndGo() throws {
        let node = try Node()
        let everything = pod(
            5, ports: [HostPort(.tcp, 8080, to: 80), HostPort(.udp, 8080, to: 80), HostPort(.sctp, 9, to: 9)],
            onLoopback: true, masquerade: true, guarded: true)
        let plain = pod(6, ports: [HostPort(.tcp, 8081, to: 80)])
        try node.add(everything)
        #expect(try node.differences() == [])
        #expect(try node.dump().count == 3)
        try node.add(plain)
        try node.add(pod(7))
        try node.add(pod(8, ports: [HostPort(.tcp, 53, to: 53)], masquerade: true, guarded: true))
        #expect(try node.differences() == [])
        try node.remove(key(plain))
        #expect(try node.differences() == [])
        try node.remove(key(everything))
        #expect(try node.differences() == [])
        try node.remove(key(pod(8)), key(pod(7)))
        #expect(try node.dump().isEmpty)
        #expect(try node.store().records().records.isEmpty)
    }
}
