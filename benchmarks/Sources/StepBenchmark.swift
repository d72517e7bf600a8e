import BareLoop
import Frontends
import KubeModel
import LinuxSystem
import NFTables
import ServiceTables
import TableKeeper

/// Changes of one Service after a first sync, each beside the recorded bytes of its own transactions.
///
/// The clock starts at the decoded objects and stops at the kernel's acknowledgement; somebody listens in both cases, as the
/// daemon does.
struct StepBenchmark {
    let workload: Workload
    let steps: [Workload.Step]
    let rounds: Int
    let pairs: Int

    /// What one run took: by step, in the order of rounds.
    private typealias Times = [Workload.Step: [Double]]

    /// The steps of each round, in order: those that take nothing back, and pairs of which the second takes the first back.
    private static let kinds: [(first: Workload.Step, second: Workload.Step?)] = [
        (.endpointReplaced, nil), (.endpointAdded, .endpointRemoved), (.serviceAdded, .serviceRemoved),
    ]

    func run() throws {
        var ours: [Times] = []
        var replays: [Times] = []
        for _ in 0..<pairs {
            let run = try measure()
            ours.append(run.times)
            replays.append(try replay(run.first, run.steps))
        }
        let bare = workload.mix == .clusterIP && steps.contains(.endpointReplaced) ? try bareReplacements() : []
        for step in steps {
            func part(_ runs: [Times], _ percent: Double) -> [Double] {
                runs.map { $0[step, default: []].percentile(percent) }
            }
            let ratios = zip(part(ours, 50), part(replays, 50)).map { $0 / $1 }
            var line = "\(step.rawValue), \(workload): fairway p50 \(microseconds(part(ours, 50).percentile(50))), "
            line += "p99 \(microseconds(part(ours, 99).percentile(50))); replay p50 "
            line += "\(microseconds(part(replays, 50).percentile(50))), p99 "
            line += "\(microseconds(part(replays, 99).percentile(50))); ratio \(ratios.summary)"
            if step == .endpointReplaced, !bare.isEmpty {
                line += "; bare loop p50 \(microseconds(bare.percentile(50))), p99 \(microseconds(bare.percentile(99)))"
            }
            print("\(line), \(pairs) pairs of \(rounds) rounds")
            var values = ["to replay": ratios.percentile(50)]
            for percent in [50.0, 99] {
                values["fairway p\(Int(percent))"] = part(ours, percent).percentile(50)
                values["replay p\(Int(percent))"] = part(replays, percent).percentile(50)
                if step == .endpointReplaced, !bare.isEmpty {
                    values["bare loop p\(Int(percent))"] = bare.percentile(percent)
                }
            }
            try Row("steps", step.rawValue, workload, values).write()
        }
    }

    private struct Run {
        var times: Times = [:]
        /// What the first sync sent.
        var first: [Recorded] = []
        /// What each step sent, in order.
        var steps: [(step: Workload.Step, sent: [Recorded])] = []
    }

    private func measure() throws -> Run {
        let namespace = try NetworkNamespace.fresh()
        let connection = try RecordingConnection(namespace)
        var model = FrontendModel(nodeName: "here")
        model.apply(workload.objects)
        var tables = ServiceTablePair(ServiceTableOptions())
        tables.apply(model.takeChanges())
        tables.release()
        for transaction in tables.takeTransactions(now: 0) { try connection.commit(transaction) }
        var run = Run(first: connection.take())
        let monitor = try namespace.listen()
        var kernel = try namespace.connect()
        func take(_ changes: [ObjectChange], _ step: Workload.Step) throws {
            let start = MonotonicClock.now
            model.apply(changes)
            tables.apply(model.takeChanges())
            let transactions = tables.takeTransactions(now: 0)
            for transaction in transactions { try kernel.commit(transaction) }
            let time = Double(MonotonicClock.now - start)
            run.times[step, default: []].append(time)
            run.steps.append((step, transactions.compactMap { connection.encode($0) }))
            _ = model.takeAddressChanges()
            _ = try monitor.read(ignoring: 0)
        }
        for kind in Self.kinds where steps.contains(kind.first) || kind.second.map(steps.contains) == true {
            for round in 1...rounds {
                let pair = workload.pair(kind.first, round)
                try take(pair.first, kind.first)
                if let second = kind.second { try take(pair.second, second) }
            }
        }
        return run
    }

    private func replay(
        _ first: [Recorded], _ steps: [(step: Workload.Step, sent: [Recorded])]
    ) throws -> Times {
        let namespace = try NetworkNamespace.fresh()
        return try namespace.perform { () throws(SystemError) in
            for transaction in first { _ = try transaction.replay() }
            do throws(NetlinkError) {
                let monitor = try TableMonitor()
                var times: Times = [:]
                for (step, sent) in steps {
                    var sum = 0.0
                    for transaction in sent { sum += try transaction.replayed() }
                    times[step, default: []].append(sum)
                    _ = try monitor.read(ignoring: 0)
                }
                return times
            } catch {
                throw SystemError(error.operation, error.errno)
            }
        }
    }

    private func bareReplacements() throws -> [Double] {
        let run = try measure()
        let namespace = try NetworkNamespace.fresh()
        let (count, rounds) = (UInt32(workload.services), UInt32(rounds))
        return try namespace.perform { () throws(SystemError) in
            for transaction in run.first { _ = try transaction.replay() }
            do throws(NetlinkError) {
                let monitor = try TableMonitor()
                var times: [Double] = []
                for round in 1...rounds {
                    let time = bare_replace_endpoint((round &* 104_729) % count, 0x0c00_0000 + round)
                    guard time > 0 else { throw NetlinkError("bare change", Errno(rawValue: Int32(-time))) }
                    times.append(Double(time))
                    _ = try monitor.read(ignoring: 0)
                }
                return times
            } catch {
                throw SystemError(error.operation, error.errno)
            }
        }
    }
}

extension Recorded {
    fileprivate func replayed() throws(NetlinkError) -> Double {
        do throws(SystemError) { return try replay() } catch { throw NetlinkError(error.operation, error.errno) }
    }
}

extension NetworkNamespace {
    /// Subscribes to what is committed here.
    fileprivate borrowing func listen() throws -> TableMonitor {
        try perform { () throws(SystemError) in
            do throws(NetlinkError) {
                return try TableMonitor()
            } catch {
                throw SystemError(error.operation, error.errno)
            }
        }
    }
}
