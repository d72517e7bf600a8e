import AttachmentStore
import Attachments
import Glibc
import LinuxSystem
import NFTables
import NetworkTypes
import PodTables
import TestSupport
import Testing

/// Records of another version's.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct FormatTests {
    private let mine = pod(5, ports: [HostPort(.tcp, 5, to: 5)], masquerade: true)
    private let theirs = pod(6, ports: [HostPort(.tcp, 6, to: 6)], masquerade: true)

    private func file(_ node: Node, _ demand: PodDemand) throws -> String {
        try "\(node.store().path)/\(demand.owner.network)/\(demand.owner.containerID):\(demand.owner.interfaceName)"
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try FileDescriptor.open(path, O_RDONLY).readToEnd(), as: UTF8.self)
    }

    private func write(_ text: String, to path: String) throws {
        try FileDescriptor.open(path, O_WRONLY | O_TRUNC).writeAll(Array(text.utf8))
    }

    @Test("A record says its format, and one that does not is the predecessor's")
    func predecessor() throws {
        let node = try Node()
        try node.add(mine)
        let file = try file(node, mine)
        let text = try text(file)
        #expect(text.hasPrefix(#"{"format":1,"network":"pods","#))
        try write("{" + text.dropFirst(#"{"format":1,"#.utf8.count), to: file)
        #expect(try node.store().record(of: key(mine))?.demand == mine)
        try node.setState([])
        try node.withTable { table throws(PodTableError) in try table.restore() }
        #expect(try node.differences() == [])
        try node.remove(key(mine))
        #expect(try node.dump().isEmpty)
    }

    @Test(
        "Nothing is changed by whoever has to know a record of another format, and the error says which one it is",
        arguments: ["2", "10", "99999999999999999999"])
    func newer(format: String) async throws {
        let node = try Node()
        try node.add(mine)
        try node.add(theirs)
        let file = try file(node, theirs)
        try write(#"{"format":\#(format),"whatever":["it","says"]}"#, to: file)
        func refused(_ body: () throws -> Void) throws {
            let error = #expect(throws: (any Error).self) { try body() }
            let words = error.map { "\($0)" } ?? ""
            #expect(words.contains("read \(file): the record is of format \(format), "), "\(words)")
            #expect(words.contains("install the one that wrote it"), "\(words)")
            let kept = try node.dump().values.flatMap { $0.sets.values.map(\.elements.count) }
            #expect(kept.contains(2))
        }
        try refused { _ = try node.store().record(of: key(theirs)) }
        try refused { _ = try node.store().records(of: "pods") }
        // Of the attachment itself: to add it anew, to withdraw it, to compare it.
        try refused { try node.add(theirs) }
        try refused {
            try node.withTable { [theirs] table throws(PodTableError) in _ = try table.withdraw([key(theirs)]) }
        }
        try refused {
            _ = try node.withTable { [theirs] table throws(PodTableError) in try table.absences(of: key(theirs)) }
        }
        // Of all, where the tables have to be compared with them.
        try refused { try node.withTable { table throws(PodTableError) in try table.compare() } }
        #expect(try text(file).contains(#""whatever""#))
        // Somebody has taken an element, and nobody can tell whether it is that record's.
        try await node.namespace.demand("nft", "delete element ip fairway-cni host-ports { tcp . 5 }")
        try node.setState([])
        #expect(throws: PodTableError.self) { try node.add(pod(7, masquerade: true)) }
        let left = try await node.namespace.demand("nft", "list map ip fairway-cni host-ports")
        #expect(left.contains("tcp . 6 "))
    }

    @Test("What is no number is damage, not another version")
    func damaged() throws {
        let node = try Node()
        try node.add(mine)
        try write(#"{"format":"2"}"#, to: try file(node, mine))
        #expect(try node.store().records().unreadable.map(\.reason) == ["format is a string"])
    }
}
