import AttachmentStore
import Attachments
import Glibc
import LinuxSystem
import NFTables
import NetworkTypes
import PodTables
import TestSupport
import Testing

/// Pods' tables and their order of recovery, without a kernel and without root.
@Suite struct KeeperTests {
    private let tables = FakeTables()
    private let folder = Folder()

    private static let table = PodTableContent.tableIDs[0]
    private let first = pod(5, ports: [HostPort(.tcp, 8080, to: 80)], masquerade: true, guarded: true)
    private let second = pod(6, ports: [HostPort(.udp, 53, to: 53)], guarded: true)

    private final class Folder {
        let path = "/tmp/fairway-keeper-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"

        deinit { removeTree(path) }
    }

    /// Takes the table as a process does.
    private func withTable<T>(_ body: (inout PodTable) throws(PodTableError) -> T) throws -> T {
        var table = try PodTable(try AttachmentStore(folder: folder.path), over: tables)
        return try body(&table)
    }

    private func add(_ demand: PodDemand) throws {
        try withTable { table throws(PodTableError) in try table.add(AttachmentRecord(demand)) }
    }

    /// How the tables differ from the demands, as operations; none when they are equal.
    private func differences(_ demands: PodDemand...) throws -> [String] {
        try PodTableContent(demands).changes(from: tables.tables).operations.map(\.description)
    }

    private func fault(_ number: Int32) -> NetlinkError { NetlinkError("commit", Errno(rawValue: number)) }

    @Test("Tables come with the first attachment, follow each one, and go with the last")
    func life() throws {
        try add(first)
        #expect(try differences(first).isEmpty)
        let before = tables.transactions.count
        try add(second)
        #expect(tables.transactions.count == before + 1)
        #expect(try differences(first, second).isEmpty)
        for demand in [first, second] {
            try withTable { table throws(PodTableError) in _ = try table.withdraw([key(demand)]) }
        }
        #expect(tables.tables.isEmpty)
    }

    @Test("A shortage is waited out, wherever it comes, and nothing is made anew")
    func shortage() throws {
        try add(first)
        tables.faults = [ENOMEM, ENOBUFS, EINTR].map(fault)
        try add(second)
        #expect(try differences(first, second).isEmpty)
        // Somebody else commits, and the dump that this asks for fails.
        tables.alter { _ in }
        tables.dumpFaults = [EINTR, ENOMEM].map(fault)
        try withTable { table throws(PodTableError) in try table.restore() }
        #expect(tables.dumpFaults.isEmpty)
        let made = tables.transactions.dropFirst().flatMap(\.operations).filter {
            if case .deleteTable = $0 { true } else { false }
        }
        #expect(made.isEmpty)
    }

    @Test("A shortage that lasts is the caller's error, and the attachment has no record")
    func lastingShortage() throws {
        try add(first)
        tables.faults = Array(repeating: fault(ENOMEM), count: 40)
        let error = #expect(throws: PodTableError.self) { try add(second) }
        #expect(error == .kernel(fault(ENOMEM)))
        tables.faults = []
        try withTable { table throws(PodTableError) in try table.restore() }
        #expect(try differences(first).isEmpty)
    }

    @Test(
        "What the kernel refuses of a newcomer is its error; what it refuses of another is noted, and the rest served")
    func refusal() throws {
        try add(first)
        let port = UInt32(UInt16(53).bigEndian)
        tables.refusal = { operation in
            guard case .addElements(_, "host-ports", let elements) = operation,
                (0..<elements.count).contains(where: { elements.key($0).last == port })
            else { return nil }
            return NetlinkError(operation.description, .invalid)
        }
        #expect(throws: PodTableError.self) { try add(second) }
        #expect(try differences(first).isEmpty)
        let refusal = tables.refusal
        tables.refusal = { _ in nil }
        try add(second)
        // Everything is gone, and one attachment's part is refused.
        tables.alter { $0 = [:] }
        tables.refusal = refusal
        let third = pod(7, ports: [HostPort(.tcp, 9090, to: 80)])
        let refused = try withTable { table throws(PodTableError) in
            try table.add(AttachmentRecord(third))
            return table.refused.map(\.owner)
        }
        #expect(Set(refused) == [second.owner])
        tables.refusal = { _ in nil }
        #expect(try !differences(first, second, third).isEmpty)
        try withTable { table throws(PodTableError) in try table.restore() }
        #expect(try differences(first, second, third).isEmpty)
    }

    @Test("What somebody else does between a dump and the commit is seen")
    func race() throws {
        try add(first)
        tables.alter { _ in }
        tables.interference = { [tables] in tables.alter { $0[Self.table]?.flags = .dormant } }
        try add(second)
        try withTable { table throws(PodTableError) in try table.restore() }
        #expect(try differences(first, second).isEmpty)
    }

    @Test("CHECK names an element of nobody's that takes an attachment's port")
    func takenPort() throws {
        try add(first)
        tables.alter { tables in
            guard var elements = tables[Self.table]?.sets["host-ip-ports"]?.elements else { return }
            elements.append(
                key: .address(.v4(IPv4Address(value: 0xc000_0201))) + .proto(.tcp) + .port(8080),
                data: .address(.v4(IPv4Address(value: 0xc000_0207))) + .port(9))
            tables[Self.table]?.sets["host-ip-ports"]?.elements = elements
        }
        let sentences = try withTable { table throws(PodTableError) in try table.absences(of: key(first)) }
        #expect(
            sentences.count == 1 && sentences[0].contains("8080") && sentences[0].contains("nobody's"), "\(sentences)")
        try withTable { table throws(PodTableError) in try table.restore() }
        #expect(try withTable { table throws(PodTableError) in try table.absences(of: key(first)) } == [])
    }
}
