import Glibc
import LinuxSystem
import NFTables
import NetworkTypes
import Synchronization

/// Somebody else who changes nf_tables all the time, as a proxy does under churn.
final class Committer: Sendable {
    private let isEnding = Atomic(false)
    private let commits = Atomic(0)

    /// Commits one element more or less every few milliseconds until `end`, for ten minutes at most.
    init(on node: BenchNode, every milliseconds: Int) throws {
        let connection = try node.namespace.connect()
        let box = Mutex<NFTConnection?>(connection)
        try DedicatedThread.start("committer") { [self] in
            let table = TableID(family: .ip, name: "somebody-else")
            let set = SetDeclaration("ports", type: [.port])
            var element = Elements(of: set)
            element.append(key: .port(1))
            box.withLock { connection in
                guard var open = connection.take() else { return }
                try? open.commit(Transaction([.addTable(table), .addSet(table, set)]))
                for round in 0..<600_000 / milliseconds where !isEnding.load(ordering: .acquiring) {
                    let operation: Transaction.Operation =
                        round.isMultiple(of: 2)
                        ? .addElements(table, set: set.name, element) : .deleteElements(table, set: set.name, element)
                    if (try? open.commit(Transaction([operation]))) != nil { commits.add(1, ordering: .relaxed) }
                    usleep(UInt32(milliseconds * 1000))
                }
            }
        }
    }

    var count: Int { commits.load(ordering: .relaxed) }
    func end() { isEnding.store(true, ordering: .releasing) }
}
