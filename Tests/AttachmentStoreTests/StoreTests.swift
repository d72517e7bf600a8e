import AttachmentStore
import Attachments
import Glibc
import LinuxSystem
import NetworkTypes
import PodTables
import TestSupport
import Testing

/// Records on disk.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct StoreTests {
    private let rules = pod(
        5, ports: [HostPort(.tcp, 8080, to: 80, on: IPAddress("192.0.2.1")), HostPort(.udp, 8080, to: 80)],
        clientNAT: .everything, onLoopback: true, masquerade: true, guarded: true)

    private func path(_ node: Node, _ rules: PodDemand) throws -> String {
        try "\(node.store().path)/\(rules.owner.network)/\(rules.owner.containerID):\(rules.owner.interfaceName)"
    }

    @Test("A record reads as it was written, and is its owner's alone to read")
    func roundTrip() throws {
        let node = try Node()
        try node.withTable { [rules] table throws(PodTableError) in
            try table.add(AttachmentRecord(rules, dataDirectory: "/var/lib/cni/networks"))
            try table.add(AttachmentRecord(rules, role: "bandwidth"))
        }
        let store = try node.store()
        let record = try #require(try store.record(of: key(rules)))
        #expect(record.demand == rules)
        #expect(record.dataDirectory == "/var/lib/cni/networks")
        #expect(record.demandInForce == rules)
        #expect(try store.record(of: key(rules, role: "portmap")) == nil)
        #expect(try Set(store.records(of: "pods").records.map(\.key.role)) == ["", "bandwidth"])
        var status = stat()
        for (path, mode) in [(try path(node, rules), 0o600), (store.path, 0o700), ("\(store.path)/pods", 0o700)] {
            let result = unsafe stat(path, &status)
            #expect(result == 0)
            #expect(Int(status.st_mode & 0o777) == mode, "\(path)")
        }
    }

    @Test("Withdrawn rules are out of force, but their record says what they were until it is removed")
    func withdrawal() throws {
        let node = try Node()
        try node.add(rules)
        for _ in 0..<2 {
            let withdrawn = try node.withTable { [rules] table throws(PodTableError) in try table.withdraw([key(rules)])
            }
            #expect(withdrawn.map(\.demand) == [rules])
            #expect(try node.store().record(of: key(rules))?.demandInForce == nil)
            #expect(try node.dump().isEmpty)
        }
        #expect(try node.store().remove(key(rules)))
        #expect(try !node.store().remove(key(rules)))
        let none = try node.withTable { [rules] table throws(PodTableError) in try table.withdraw([key(rules)]) }
        #expect(none == [])
    }

    static let contents = [
        "", "{", "null", "[]", "{}", #"{"network":"pods","containerID":"container-6","interface":"eth1","order":1}"#,
        #"{"network":"pods","containerID":"container-6","interface":"eth0","order":-1}"#,
        #"{"network":"pods","containerID":"container-6","interface":"eth0","order":1,"ports":[{"hostPort":70000}]}"#,
        #"{"network":"pods","containerID":"container-6","interface":"eth0","order":1,"addresses":["10.0.0.1"]}"#,
        #"{"network":"pods","containerID":"container-6","interface":"eth0","order":1,"clientNAT":"none"}"#,
        #"{"network":"pods","containerID":"container-6","interface":"eth0","order":1,"masquerade":[]}"#,
    ]

    @Test("A record that cannot be read is reported, and costs its own rules only", arguments: contents)
    func unreadable(_ content: String) async throws {
        let node = try Node()
        let broken = pod(6, ports: [HostPort(.tcp, 6, to: 6)])
        try node.add(rules)
        try node.add(broken)
        let file = try path(node, broken)
        try FileDescriptor.open(file, O_WRONLY | O_TRUNC).writeAll(Array(content.utf8))
        #expect(throws: SystemError.self) { try node.store().record(of: key(broken)) }
        let next = pod(7, ports: [HostPort(.tcp, 7, to: 7)])
        // Nobody reads it while the tables are intact, whoever else commits.
        try await node.namespace.demand("nft", "add table ip fairway")
        try node.add(next)
        let kept = try await node.namespace.demand("nft", "list map ip fairway-cni host-ports")
        #expect(kept.contains("tcp . 6 "))
        // After a loss it is not there.
        try await node.namespace.demand("nft", "flush ruleset")
        let unreadable = try node.withTable { table throws(PodTableError) in
            try table.add(AttachmentRecord(pod(8)))
            return table.unreadable
        }
        #expect(unreadable.map(\.path) == [file])
        #expect(try node.differences() == [])
        let left = try await node.namespace.demand("nft", "list map ip fairway-cni host-ports")
        #expect(!left.contains("tcp . 6 ") && left.contains("tcp . 7 "))
        try node.remove(key(broken), key(next), key(rules), key(pod(8)))
        #expect(try node.dump().isEmpty)
        #expect(try node.store().records().unreadable == [])
    }

    @Test("Names that would leave the folder are refused", arguments: ["..", ".", "", "a/b", ".hidden"])
    func names(_ name: String) throws {
        let node = try Node()
        try node.add(pod(6, masquerade: true))
        #expect(try node.state() != [])
        #expect(throws: PodTableError.self) { try node.add(pod(5, network: name, masquerade: true)) }
        // Nobody trusts what somebody left who did not come to an end, of whatever he died.
        #expect(try node.state() == [])
        let key = AttachmentKey(Attachments.Attachment(network: name, containerID: "c", interfaceName: "eth0"))
        #expect(try node.store().record(of: key) == nil)
        #expect(try !node.store().remove(key))
    }
}
