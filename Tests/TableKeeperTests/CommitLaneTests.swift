import LinuxSystem
import NFTables
import NetworkTypes
import TableKeeper
import TestSupport
import Testing

/// Transactions that the kernel takes on a thread of its own while the next ones are made.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct CommitLaneTests {
    private static let table = TableID(family: .ip, name: "lane")
    private static let set = SetDeclaration("s", type: [.mark])

    /// One with the table, and so many with an element each; one of them again where it is said.
    private static func transactions(_ count: Int, repeated: Int? = nil) -> [Transaction] {
        [Transaction([.addTable(table), .addSet(table, set)])]
            + (0..<count).map { number in
                var elements = Elements(of: set)
                elements.append(key: [UInt32(number == repeated ? 0 : number)])
                return Transaction([.addElements(table, set: "s", elements)])
            }
    }

    private func run(
        _ list: [Transaction], knowsGeneration: Bool = true
    ) throws -> (run: CommitRun, made: Int, elements: Int?) {
        let namespace = try NetNS()
        let connection = KernelConnection(try namespace.nftConnection())
        let generation = knowsGeneration ? try connection.generation() : nil
        var made = 0
        let run = connection.commit(from: generation) {
            guard made < list.count else { return nil }
            made += 1
            return list[made - 1]
        }
        if let last = run.generation, run.failure == nil { #expect(try connection.generation() == last) }
        return (run, made, try connection.dump(Self.table)?.sets["s"]?.elements.count)
    }

    @Test("All are taken, in their order", arguments: [true, false])
    func all(knowsGeneration: Bool) throws {
        let (run, made, elements) = try run(Self.transactions(200), knowsGeneration: knowsGeneration)
        #expect(run.commits == 201 && made == 201 && elements == 200)
        #expect(run.failure == nil && !run.isOvertaken && (run.generation != nil) == knowsGeneration)
    }

    @Test("After a refusal no more is asked for, and the connection goes on")
    func refusal() throws {
        let (run, made, elements) = try run(Self.transactions(200, repeated: 50))
        #expect(run.failure?.errno == .exists && run.commits == 51 && elements == 50)
        // One is under way and one waits.
        #expect(made >= 52 && made <= 54)
    }

    @Test("Nothing to do is nothing done")
    func nothing() throws {
        let (run, _, elements) = try run([])
        #expect(run.commits == 0 && run.failure == nil && elements == nil)
    }

    @Test("Somebody who commits in between is noticed")
    func overtaken() throws {
        let namespace = try NetNS()
        let connection = KernelConnection(try namespace.nftConnection())
        var other = try namespace.nftConnection()
        let list = Self.transactions(100)
        var made = 0
        var failure: NetlinkError?
        let run = connection.commit(from: try connection.generation()) {
            guard made < list.count else { return nil }
            if made == 30 {
                do throws(NetlinkError) {
                    try other.commit(Transaction([.addTable(TableID(family: .ip, name: "other"))]))
                } catch {
                    failure = error
                }
            }
            made += 1
            return list[made - 1]
        }
        #expect(failure == nil && run.isOvertaken && run.failure == nil)
        #expect(run.commits >= 28 && run.commits <= 31 && made < 40)
        #expect(try connection.dump(Self.table)?.sets["s"]?.elements.count == run.commits - 1)
    }
}
