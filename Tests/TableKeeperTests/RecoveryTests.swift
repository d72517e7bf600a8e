import Glibc
import LinuxSystem
import NFTables
import TableKeeper
import TestSupport
import Testing

/// The order of recovery, against tables in memory.
@Suite struct RecoveryTests {
    private let tables = FakeTables()
    private var keeper: TableKeeper { TableKeeper(tables) }

    /// A table with these ports, as it should be.
    private func prepared(_ ports: [UInt16]) throws -> FakeTables {
        var content = Ports(wanted: ports)
        _ = try keeper.reconcile(&content)
        return tables
    }

    private func error(_ number: Int32) -> NetlinkError { NetlinkError("commit", Errno(rawValue: number)) }

    /// Refuses whatever adds one of these ports.
    private func refuse(_ ports: [UInt16]) {
        tables.refusal = { operation in
            guard case .addElements(_, _, let elements) = operation else { return nil }
            let added = (0..<elements.count).compactMap { elements.key($0).first?.portValue }
            return added.contains(where: ports.contains) ? NetlinkError(operation.description, .invalid) : nil
        }
    }

    @Test("A table that is as it should be costs no transaction")
    func nothing() throws {
        let count = try prepared([1, 2]).transactions.count
        var content = Ports(wanted: [1, 2])
        let outcome = try keeper.reconcile(&content)
        #expect(tables.transactions.count == count && outcome.commits == 0 && outcome.damage.isEmpty)
        #expect(try outcome.generation == tables.generation())
    }

    @Test("Objects at fault are named, all others are applied, what is in force stays")
    func objects() throws {
        _ = try prepared([1, 2])
        refuse([13, 17])
        var content = Ports(wanted: Array(1...20))
        let outcome = try keeper.reconcile(&content)
        #expect(outcome.refused.map(\.object) == [13, 17])
        #expect(outcome.refused.allSatisfy { $0.reason.errno == .invalid })
        #expect(Ports.found(tables.tables[Ports.table]) == (1...20).filter { $0 != 13 && $0 != 17 })
        // No table was made anew on the way.
        let deletions = tables.transactions.flatMap(\.operations).filter {
            if case .deleteTable = $0 { true } else { false }
        }
        #expect(deletions.isEmpty)
    }

    @Test("Where mending is refused and the table differs, it is made anew with all of its content, in one transaction")
    func anew() throws {
        _ = try prepared([1, 2])
        tables.alter { $0[Ports.table]?.chains["input"]?.hook?.policy = .drop }
        tables.refusal = { operation in
            if case .setPolicy = operation { NetlinkError(operation.description, .busy) } else { nil }
        }
        var content = Ports(wanted: [1, 2, 3])
        let outcome = try keeper.reconcile(&content)
        #expect(outcome.damage == ["table ip ports: chain input: policy drop, not accept"])
        #expect(tables.transactions.last?.operations.first == .deleteTable(Ports.table))
        #expect(Ports.found(tables.tables[Ports.table]) == [1, 2, 3])
        #expect(tables.tables[Ports.table]?.chains["input"]?.hook?.policy == .accept)
    }

    @Test(
        "A shortage or an interruption is for the caller to wait out, and no reason to touch a table",
        arguments: [
            ENOMEM, ENOBUFS, EINTR, EPERM,
        ])
    func shortage(number: Int32) throws {
        let before = try prepared([1]).tables
        tables.faults = [error(number)]
        var content = Ports(wanted: [1, 2])
        #expect(throws: KeeperError.kernel(error(number))) { try keeper.reconcile(&content) }
        #expect(tables.tables == before)
        _ = try keeper.reconcile(&content)
        #expect(Ports.found(tables.tables[Ports.table]) == [1, 2])
    }

    @Test("What somebody commits between the dump and the transaction is seen")
    func interference() throws {
        _ = try prepared([1])
        tables.interference = { [tables] in
            tables.alter { $0[Ports.table]?.sets["wanted"]?.elements = Elements(of: Ports(wanted: []).set) }
        }
        var content = Ports(wanted: [1, 2])
        let outcome = try keeper.reconcile(&content)
        #expect(Ports.found(tables.tables[Ports.table]) == [1, 2])
        #expect(try outcome.generation == tables.generation())
    }

    @Test("A later release's table is an error that names it, and is not touched")
    func newerFormat() throws {
        _ = try prepared([1])
        var elements = Elements(of: TableBlueprint.formatSet)
        elements.append(key: [999])
        tables.alter { [elements] in $0[Ports.table]?.sets["format"]?.elements = elements }
        let before = tables.tables
        var content = Ports(wanted: [1, 2])
        let error = #expect(throws: KeeperError.self) { try keeper.reconcile(&content) }
        #expect(error == .newerFormat(NewerFormat(table: Ports.table, format: 999, known: 1)))
        #expect(error?.description.contains("table ip ports has format 999") == true)
        #expect(tables.tables == before)
    }

    @Test("A table of before formats had numbers is given one and keeps everything else")
    func outdated() throws {
        _ = try prepared([1])
        tables.alter { $0[Ports.table]?.sets["format"] = nil }
        var content = Ports(wanted: [1])
        let outcome = try keeper.reconcile(&content)
        #expect(outcome.damage.isEmpty && outcome.commits == 1)
        #expect(
            tables.transactions.last?.operations.map(\.description) == [
                "add set ip ports format", "add element ip ports format (1)",
            ])
    }
}
