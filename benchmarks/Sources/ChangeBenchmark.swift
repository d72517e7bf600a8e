import Frontends
import KubeModel
import LinuxSystem
import NetworkTypes
import ServiceTables

/// A number of changes of one endpoint after a first sync, and nothing beside them: for tools that count what a process does.
///
/// Two runs with different numbers of changes differ by what that many changes cost; the objects are made beforehand, the
/// same number in each run.
struct ChangeBenchmark {
    static let limit = 2000

    let workload: Workload
    let changes: Int

    func run() throws {
        let namespace = try NetworkNamespace.fresh()
        var connection = try namespace.connect()
        var model = FrontendModel(nodeName: "here")
        model.apply(workload.objects)
        let list = (1...Self.limit).map { workload.pair(.endpointReplaced, $0).first }
        var tables = ServiceTablePair(ServiceTableOptions())
        tables.apply(model.takeChanges())
        tables.release()
        try connection.commit(all: tables.takeTransactions(now: 0))
        for change in list.prefix(changes) {
            model.apply(change)
            tables.apply(model.takeChanges())
            try connection.commit(all: tables.takeTransactions(now: 0))
        }
        print("\(min(changes, Self.limit)) changes among \(workload)")
    }
}
