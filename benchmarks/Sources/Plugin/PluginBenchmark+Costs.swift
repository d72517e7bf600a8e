import Conntrack
import Glibc
import LinuxSystem
import NetworkTypes

/// What single circumstances cost.
extension PluginBenchmark {
    /// One walk through a node's conntrack for what leads to a host port, as an ADD with a UDP port makes.
    func printWalk(on node: BenchNode) throws {
        var times: [Double] = []
        for _ in 0..<20 {
            var socket = try node.namespace.perform { () throws(SystemError) in try ConntrackSocket() }
            let start = MonotonicClock.now
            _ = try socket.entries(nil, narrowedBy: ConntrackFilter([.init(.udp, 10_000)]))
            times.append(Double(MonotonicClock.now - start))
        }
        print("  one conntrack walk: p50 \(milliseconds(times.percentile(50)))")
    }

    /// STATUS of networks, in turns.
    func printStatus(of contenders: [Contender], on node: BenchNode) throws {
        var times = contenders.map { _ in [Double]() }
        for _ in 0..<pods {
            for (index, contender) in contenders.enumerated() {
                times[index].append(try contender.status(on: node.namespace))
            }
        }
        print("  STATUS: p50", times.map { milliseconds($0.percentile(50)) }.joined(separator: " and "))
    }

    /// ADD with a host port beside somebody who commits to nf_tables all the time, and alone.
    func besideCommits(_ folder: String) throws {
        let nodes = try (0..<2).map { _ in try BenchNode() }
        let networks = (0..<2).map { BenchNetwork(name: "commits\($0)", number: 140 + $0, dataDirectory: folder) }
        let tcp = Contender.Extras.masqueradeAndPort("tcp")
        var standing: [StandingPod] = []
        for (node, network) in zip(nodes, networks) {
            for number in 0..<20 {
                standing.append(
                    try node.stand(.fairway(fairway, upstream, network, tcp, port: 9000 + number), "standing-\(number)")
                )
            }
        }
        let committer = try Committer(on: nodes[1], every: 1)
        defer { committer.end() }
        print("masquerade and one host port beside 20 pods that have the same, while somebody else commits every ms")
        var series = Series(["alone", "beside commits"])
        for number in 0...pods {
            for index in series.turn(number) {
                let contender = Contender.fairway(fairway, upstream, networks[index], tcp, port: 10_000 + number)
                let times = try nodes[index].run(contender, "pod-\(number)", try NetworkNamespace.fresh())
                if number > 0 { series.record(index, times) }
            }
        }
        series.print()
        print("  \(committer.count) commits of somebody else's")
        fflush(nil)
        withExtendedLifetime(standing) {}
    }
}
