import BareLoop
import Frontends
import KubeModel
import LinuxSystem
import NFTables
import NetworkTypes
import ProxyDaemon
import ServiceTables
import TableKeeper

/// First sync, beside the recorded bytes of the same transactions and, where all Services are a cluster IP each, beside the
/// same elements sent by a bare libnftnl loop; in interleaved pairs.
///
/// The clock starts at the decoded objects and stops at the kernel's acknowledgement.
struct SyncBenchmark {
    let workload: Workload
    let pairs: Int

    func run() throws {
        let objects = workload.objects
        let recorded = try record(objects)
        let contenders: [() throws -> Double] =
            [{ try firstSync(objects) }, { try replay(recorded) }]
            + (workload.mix == .clusterIP ? [bareFirstSync] : [])
        var times: [[Double]] = contenders.map { _ in [] }
        for pair in 0..<pairs {
            // Alternating the order keeps a slow machine from favouring one side.
            let order = pair.isMultiple(of: 2) ? Array(contenders.indices) : contenders.indices.reversed()
            for index in order { times[index].append(try contenders[index]()) }
        }
        let ours = times[0]
        func ratio(_ others: [Double]) -> String { zip(ours, others).map { $0 / $1 }.summary }
        var line = "first sync, \(workload): fairway \(milliseconds(ours.percentile(50))), "
        line += "replay \(milliseconds(times[1].percentile(50))), ratio \(ratio(times[1]))"
        if times.count > 2 {
            line += ", bare loop \(milliseconds(times[2].percentile(50))), ratio \(ratio(times[2]))"
        }
        print("\(line), over \(pairs) pairs")
        var values = ["fairway p50": ours.percentile(50), "replay p50": times[1].percentile(50)]
        values["to replay"] = zip(ours, times[1]).map { $0 / $1 }.percentile(50)
        if times.count > 2 { values["to bare loop"] = zip(ours, times[2]).map { $0 / $1 }.percentile(50) }
        try Row("sync", "first-sync", workload, values).write()
    }

    private func firstSync(_ objects: [ObjectChange]) throws -> Double {
        try sync(objects, over: KernelConnection(try emptyTable().connect()))
    }

    private func record(_ objects: [ObjectChange]) throws -> [Recorded] {
        let connection = try RecordingConnection(emptyTable())
        _ = try sync(objects, over: connection)
        return connection.take()
    }

    private func sync(_ objects: [ObjectChange], over connection: any TableConnection) throws -> Double {
        var backend = NFTablesBackend(connection, ServiceTableOptions())
        try backend.adopt()
        backend.release()
        let start = MonotonicClock.now
        var model = FrontendModel(nodeName: "here")
        var pieces = ObjectPieces(objects)
        let report = try backend.commit(now: 0) {
            pieces.takePiece { model.apply($0) } ? model.takeChanges() : nil
        }
        let time = Double(MonotonicClock.now - start)
        if let complaint = report.complaint { throw BackendError(.refused, complaint) }
        return time
    }

    private func replay(_ recorded: [Recorded]) throws -> Double {
        let namespace = try emptyTable()
        return try namespace.perform { () throws(SystemError) in
            var sum = 0.0
            for transaction in recorded { sum += try transaction.replay() }
            return sum
        }
    }

    private func bareFirstSync() throws -> Double {
        let namespace = try emptyTable()
        let (services, endpoints) = (UInt32(workload.services), UInt32(workload.endpoints))
        let time = try namespace.perform { () throws(SystemError) in bare_first_sync(services, endpoints) }
        guard time > 0 else { throw SystemError("bare first sync", Errno(rawValue: Int32(-time))) }
        return Double(time)
    }

    /// A namespace with the tables, and with the chain of the one shape that Services with a cluster IP have.
    private func emptyTable() throws -> NetworkNamespace {
        let namespace = try NetworkNamespace.fresh()
        var connection = try namespace.connect()
        var tables = ServiceTablePair(ServiceTableOptions())
        tables.release()
        try connection.commit(all: tables.takeTransactions(now: 0))
        let one = Workload(services: 1, endpoints: workload.endpoints)
        var model = FrontendModel(nodeName: "here")
        model.apply(one.objects)
        tables.apply(model.takeChanges())
        // The first of two: what has to be there before the Service's own elements.
        try connection.commit(all: Array(tables.takeTransactions(now: 0).prefix(1)))
        return namespace
    }
}

extension Workload: CustomStringConvertible {
    var description: String {
        "\(services) x \(endpoints)" + (mix == .clusterIP ? "" : " (\(mix.rawValue))")
    }
}

extension NFTConnection {
    /// Commits transactions in order.
    mutating func commit(all transactions: [Transaction]) throws {
        for transaction in transactions { try commit(transaction) }
    }
}
