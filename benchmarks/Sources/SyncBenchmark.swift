import BareLoop
import Frontends
import KubeModel
import LinuxSystem
import NFTables
import NetworkTypes
import ServiceTables
import TableKeeper

/// First sync and one endpoint's change, beside the same elements sent by a bare libnftnl loop, in interleaved pairs.
///
/// The clock starts at the decoded object and stops at the kernel's acknowledgement.
struct SyncBenchmark {
    let services: Int
    let endpoints: Int
    let pairs: Int

    /// All Services and their slices.
    var objects: [ObjectChange] { (0..<services).flatMap { [.set(slice($0, 0)), .set(service($0))] } }

    /// A Service's slice with another first endpoint in each round.
    func change(of number: Int, _ round: Int) -> ObjectChange { .set(slice(number, round)) }

    func run() throws {
        let objects = objects
        var ours: [Double] = []
        var bare: [Double] = []
        var replays: [Double] = []
        for pair in 0..<pairs {
            // Alternating the order keeps a slow machine from favouring one side.
            if pair.isMultiple(of: 2) {
                ours.append(try firstSync(objects))
                bare.append(try bareFirstSync())
                replays.append(try replay(objects))
            } else {
                replays.append(try replay(objects))
                bare.append(try bareFirstSync())
                ours.append(try firstSync(objects))
            }
        }
        let (toBare, toReplay) = (zip(ours, bare).map { $0 / $1 }, zip(ours, replays).map { $0 / $1 })
        print(
            "first sync, \(services) x \(endpoints): fairway \(milliseconds(ours.percentile(50))), bare loop",
            "\(milliseconds(bare.percentile(50))), ratio \(toBare.summary), replay",
            "\(milliseconds(replays.percentile(50))), ratio \(toReplay.summary) over \(pairs) pairs")
        try runChanges(objects)
    }

    /// The transactions of a first sync, each as soon as it is known.
    private struct Pieces {
        var objects: ObjectPieces
        var model = FrontendModel(nodeName: "here")
        var tables: ServiceTablePair
        var waiting: [Transaction] = []

        mutating func next() -> Transaction? {
            while waiting.isEmpty, objects.takePiece({ model.apply($0) }) {
                tables.apply(model.takeChanges())
                waiting = tables.takeTransactions(now: 0)
            }
            return waiting.isEmpty ? nil : waiting.removeFirst()
        }
    }

    private func firstSync(_ objects: [ObjectChange]) throws -> Double {
        var open = try emptyTable()
        var kernel: [TableID: TableSnapshot] = [:]
        for table in ServiceTablePair.tableIDs { kernel[table] = try open.dump(table) }
        let connection = KernelConnection(open)
        var tables = try ServiceTablePair(ServiceTableOptions(), kernel: kernel)
        tables.release()
        let start = MonotonicClock.now
        var pieces = Pieces(objects: ObjectPieces(objects), tables: tables)
        let run = connection.commit(from: nil) { pieces.next() }
        let time = Double(MonotonicClock.now - start)
        if let failure = run.failure { throw failure }
        return time
    }

    /// The same bytes, sent again by C.
    private func replay(_ objects: [ObjectChange]) throws -> Double {
        let namespace = try NetworkNamespace.fresh()
        try makeTable(namespace)
        var open = try namespace.connect()
        var kernel: [TableID: TableSnapshot] = [:]
        for table in ServiceTablePair.tableIDs { kernel[table] = try open.dump(table) }
        var tables = try ServiceTablePair(ServiceTableOptions(), kernel: kernel)
        tables.release()
        var pieces = Pieces(objects: ObjectPieces(objects), tables: tables)
        var batches: [(bytes: [UInt8], acknowledged: UInt32)] = []
        while let transaction = pieces.next() {
            if let batch = open.encode(transaction) { batches.append(batch) }
        }
        let recorded = batches
        let times = try namespace.perform { () throws(SystemError) in
            recorded.map { batch in
                unsafe batch.bytes.withUnsafeBytes { bytes in
                    unsafe bare_replay(bytes.baseAddress, UInt64(bytes.count), batch.acknowledged)
                }
            }
        }
        guard times.allSatisfy({ $0 > 0 }) else { throw SystemError("replay", .invalid) }
        return times.reduce(0) { $0 + Double($1) }
    }

    private func bareFirstSync() throws -> Double {
        let namespace = try NetworkNamespace.fresh()
        try makeTable(namespace)
        let (services, endpoints) = (UInt32(services), UInt32(endpoints))
        let time = try namespace.perform { () throws(SystemError) in bare_first_sync(services, endpoints) }
        guard time > 0 else { throw SystemError("bare first sync", Errno(rawValue: Int32(-time))) }
        return Double(time)
    }

    private func runChanges(_ objects: [ObjectChange]) throws {
        let namespace = try NetworkNamespace.fresh()
        var connection = try namespace.connect()
        var rules = FrontendModel(nodeName: "here")
        rules.apply(objects)
        var ruleset = ServiceTablePair(ServiceTableOptions())
        ruleset.apply(rules.takeChanges())
        ruleset.release()
        try connection.commit(all: ruleset.takeTransactions(now: 0))
        var ours: [Double] = []
        var bare: [Double] = []
        for round in 1...1000 {
            let change = change(of: (round &* 7919) % services, round)
            let start = MonotonicClock.now
            rules.apply(change)
            ruleset.apply(rules.takeChanges())
            try connection.commit(all: ruleset.takeTransactions(now: 0))
            ours.append(Double(MonotonicClock.now - start))
            // The bare loop's service is never one of ours: its slot 0 is put back by ours only when it is changed.
        }
        let (count, list) = (UInt32(services), Array(1...UInt32(1000)))
        bare = try namespace.perform { () throws(SystemError) in
            list.map { Double(bare_replace_endpoint(($0 &* 104_729) % count, 0x0c00_0000 + $0)) }
        }
        guard bare.allSatisfy({ $0 > 0 }) else { throw SystemError("bare change", .invalid) }
        print(
            "one endpoint replaced, \(services) x \(endpoints): fairway p50 \(microseconds(ours.percentile(50))), p99",
            "\(microseconds(ours.percentile(99))); bare loop p50 \(microseconds(bare.percentile(50))), p99",
            "\(microseconds(bare.percentile(99)))")
    }

    private func emptyTable() throws -> NFTConnection {
        let namespace = try NetworkNamespace.fresh()
        try makeTable(namespace)
        return try namespace.connect()
    }

    /// Makes the tables, and the chain of the one shape that all Services have.
    private func makeTable(_ namespace: borrowing NetworkNamespace) throws {
        var connection = try namespace.connect()
        var ruleset = ServiceTablePair(ServiceTableOptions())
        ruleset.release()
        try connection.commit(all: ruleset.takeTransactions(now: 0))
        var rules = FrontendModel(nodeName: "here")
        rules.apply([.set(slice(0, 0)), .set(service(0))])
        ruleset.apply(rules.takeChanges())
        // The first of two: what has to be there before the Service's own elements.
        try connection.commit(all: Array(ruleset.takeTransactions(now: 0).prefix(1)))
    }

    private func name(_ number: Int) -> NamespacedName { NamespacedName(namespace: "bench", name: "service-\(number)") }

    private func service(_ number: Int) -> KubeObject {
        .service(
            Service(
                name: name(number), clusterIPs: [IPAddress(family: .ipv4, value: UInt128(0x0a60_0000 + number))],
                ports: [ServicePort(port: 80)]))
    }

    private func slice(_ number: Int, _ round: Int) -> KubeObject {
        let list = (0..<endpoints).map { slot in
            let value = slot == 0 && round > 0 ? 0x0c00_0000 + round : 0x0b00_0000 + number * endpoints + slot
            return Endpoint(address: IPAddress(family: .ipv4, value: UInt128(value)), nodeName: "there")
        }
        return .endpointSlice(
            EndpointSlice(
                name: NamespacedName(namespace: "bench", name: "service-\(number)-x"), service: name(number),
                family: .ipv4, ports: [EndpointPort(port: 8080)], endpoints: list))
    }
}

extension NFTConnection {
    /// Commits transactions in order.
    mutating func commit(all transactions: [Transaction]) throws {
        for transaction in transactions { try commit(transaction) }
    }
}

extension NetworkNamespace {
    /// Opens a connection to this namespace's nf_tables.
    borrowing func connect() throws -> NFTConnection {
        try perform { () throws(SystemError) in
            do throws(NetlinkError) {
                return try NFTConnection()
            } catch {
                throw SystemError(error.operation, error.errno)
            }
        }
    }
}
