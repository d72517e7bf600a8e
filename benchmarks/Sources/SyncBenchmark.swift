import BareLoop
import Frontends
import KubeModel
import LinuxSystem
import NFTables
import NetworkTypes
import ServiceTables

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
        for pair in 0..<pairs {
            // Alternating the order keeps a slow machine from favouring one side.
            if pair.isMultiple(of: 2) {
                ours.append(try firstSync(objects))
                bare.append(try bareFirstSync())
            } else {
                bare.append(try bareFirstSync())
                ours.append(try firstSync(objects))
            }
        }
        let ratios = zip(ours, bare).map { $0 / $1 }
        print(
            "first sync, \(services) x \(endpoints): fairway \(milliseconds(ours.percentile(50))), bare loop",
            "\(milliseconds(bare.percentile(50))), ratio \(ratios.summary) over \(pairs) pairs")
        try runChanges(objects)
    }

    private func firstSync(_ objects: [ObjectChange]) throws -> Double {
        var connection = try emptyTable()
        var kernel: [TableID: TableSnapshot] = [:]
        for table in ServiceTablePair.tableIDs { kernel[table] = try connection.dump(table) }
        let start = MonotonicClock.now
        var rules = FrontendModel(nodeName: "here")
        rules.apply(objects)
        var ruleset = try ServiceTablePair(ServiceTableOptions(), kernel: kernel)
        ruleset.apply(rules.takeChanges())
        ruleset.release()
        try connection.commit(all: ruleset.takeTransactions(now: 0))
        return Double(MonotonicClock.now - start)
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
