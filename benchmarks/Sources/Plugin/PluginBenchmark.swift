import FoundationEssentials
import Glibc
import LinuxSystem

/// ADD and DEL of pods by Fairway and by upstream's plugins, whole processes, in turns within one run.
struct PluginBenchmark {
    let fairway: String
    let upstream: String
    let floor: String
    let pods: Int

    func run() throws {
        let folder = "/tmp/fairway-bench-\(ProcessInfo.processInfo.processIdentifier)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let size = try FileStatus(of: fairway).size
        print("binary: \((Double(size) / 1e5).rounded() / 10) MB")
        try plain(folder)
        try withPorts(folder)
        try besideCommits(folder)
        try withLeases(folder)
        try burst(folder)
    }

    /// Addresses and routes only, beside the floor.
    private func plain(_ folder: String) throws {
        let node = try BenchNode()
        let networks = (0..<3).map { BenchNetwork(name: "plain\($0)", number: 100 + $0, dataDirectory: folder) }
        let contenders = [
            Contender.fairway(fairway, upstream, networks[0], .none), .upstream(upstream, networks[1], .none),
        ]
        let floor = try Floor(binary: floor, bridge: "brbench-floor", on: node)
        print("addresses and routes (floor: a static C program that only sends the netlink batches)")
        var series = Series(["fairway", "bridge + host-local", "floor"])
        for number in 0...pods {
            for index in series.turn(number) {
                let pod = try NetworkNamespace.fresh()
                let times =
                    index == 2
                    ? try floor.run(number, in: pod, on: node) : try node.run(contenders[index], "pod-\(number)", pod)
                // The first pod makes the bridge and warms the page cache; it is not counted.
                if number > 0 { series.record(index, times) }
            }
        }
        series.print()
        fflush(nil)
    }

    /// With masquerade and a host port; upstream needs iptables for both.
    ///
    /// Each has a node of its own: what iptables commits in between would cost Fairway a comparison every time.
    private func withPorts(_ folder: String) throws {
        let nodes = try (0..<3).map { _ in try BenchNode() }
        let networks = (0..<3).map { BenchNetwork(name: "ports\($0)", number: 110 + $0, dataDirectory: folder) }
        print("addresses, routes, masquerade and one host port, beside a pod that has the same")
        let tcp = Contender.Extras.masqueradeAndPort("tcp")
        let standing = [
            try nodes[0].stand(.fairway(fairway, upstream, networks[0], tcp, port: 9999)),
            try nodes[1].stand(.upstream(upstream, networks[1], tcp, port: 9999)),
            try nodes[2].stand(.fairway(fairway, upstream, networks[2], tcp, port: 9999)),
        ]
        var series = Series(["fairway, TCP", "bridge + host-local + portmap, TCP", "fairway, UDP"])
        for number in 0...pods {
            for index in series.turn(number) {
                let pod = try NetworkNamespace.fresh()
                let extras = Contender.Extras.masqueradeAndPort(index == 2 ? "udp" : "tcp")
                let contender =
                    index == 1
                    ? Contender.upstream(upstream, networks[1], extras, port: 20000 + number)
                    : Contender.fairway(fairway, upstream, networks[index], extras, port: 10000 + number)
                let times = try nodes[index].run(contender, "pod-\(number)", pod)
                if number > 0 { series.record(index, times) }
            }
        }
        series.print()
        try printWalk(on: nodes[2])
        fflush(nil)
        withExtendedLifetime(standing) {}
    }

    /// ADD in a network that has 60,000 leases beside one that has none.
    private func withLeases(_ folder: String) throws {
        let node = try BenchNode()
        let networks = (0..<2).map { BenchNetwork(name: "leases\($0)", number: 120 + $0, dataDirectory: folder) }
        try LeaseFiles.fill("\(folder)/\(networks[1].name)", network: networks[1].number, count: 60_000)
        let contenders = networks.map { Contender.fairway(fairway, upstream, $0, .none) }
        print("with 60,000 leases in the network's directory")
        var series = Series(["none", "60,000 leases"])
        for number in 0...pods {
            for index in series.turn(number) {
                let times = try node.run(contenders[index], "pod-\(number)", try NetworkNamespace.fresh())
                if number > 0 { series.record(index, times) }
            }
        }
        series.print()
        try printStatus(of: contenders, on: node)
        fflush(nil)
    }

    /// 110 pods at once, as after a node's start: from the first process to the end of the last.
    private func burst(_ folder: String) throws {
        for (title, extras) in [("", Contender.Extras.none), (", masquerade, a host port", .masqueradeAndPort("tcp"))] {
            var times: [[Double]] = [[], []]
            // Upstream's iptables get in each other's way for minutes: once is enough there.
            for round in 0..<(title.isEmpty ? 3 : 1) {
                for index in [round % 2, 1 - round % 2] {
                    let network = BenchNetwork(
                        name: "burst\(index)\(round)\(title.count)", number: 130 + index, dataDirectory: folder)
                    let outcome = try Burst(pods: 110).run { number in
                        index == 0
                            ? .fairway(fairway, upstream, network, extras, port: 10000 + number)
                            : .upstream(upstream, network, extras, port: 10000 + number)
                    }
                    times[index].append(outcome.nanoseconds)
                    guard let failure = outcome.failures.first else { continue }
                    // Upstream's iptables calls get in each other's way; that is part of what is compared.
                    guard index == 1 else { throw SystemError(failure, .invalid) }
                    print("  upstream failed for \(outcome.failures.count) of 110 pods; the first: \(failure)")
                }
            }
            print(
                "110 pods at once, addresses, routes\(title): fairway \(milliseconds(times[0].percentile(50))),",
                "upstream \(milliseconds(times[1].percentile(50))), ratio",
                zip(times[1], times[0]).map { $0 / $1 }.summary)
        }
        let floors = try (0..<3).map { _ in try Burst(pods: 110).run(floor: floor).nanoseconds }
        print("110 floor processes at once: \(milliseconds(floors.percentile(50)))")
    }
}
