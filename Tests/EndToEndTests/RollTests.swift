import Lab
import NetworkTypes
import TestAPIServer
import TestSupport
import Testing

extension EndToEnd {
    /// A Service whose endpoints roll, 10 % a second, while clients connect.
    @Suite("A roll of endpoints", .serialized)
    struct RollTests {
        @Test(
            "No connection fails, and none that begins after the kernel has the change reaches an endpoint that has gone",
            arguments: [false, true])
        func roll(isDraining: Bool) async throws {
            let outcome = try await Cluster.with(nodes: 2, backends: 10) { cluster in
                let feed = ManifestFeed(lab: cluster.lab)
                return try Roll(cluster: cluster, feed: feed, isDraining: isDraining).run(seconds: Soak.rounds(8))
            }
            print("roll\(isDraining ? " with draining endpoints" : ""): \(outcome)")
            #expect(outcome.failures == [:])
            #expect(outcome.strays == [])
            #expect(outcome.during > 2000 && outcome.after > 400)
            // Of the pinned clients as well: each second's endpoint may be theirs.
            #expect(outcome.responders.count == 10)
        }

        @Test("The same with objects from an API server that is started anew in between, for daemons on both nodes")
        func cluster() async throws {
            let store = ClusterStore()
            let outcome = try await Cluster.with(nodes: 2, backends: 10) { cluster in
                let feed = try ClusterFeed(store, for: cluster.lab.nodes)
                defer { feed.stop() }
                return try Roll(cluster: cluster, feed: feed, isDraining: true).run(seconds: Soak.rounds(8))
            }
            print("roll beside an API server: \(outcome)")
            #expect(outcome.failures == [:] && outcome.strays == [])
            #expect(outcome.during > 2000 && outcome.after > 400)
            #expect(outcome.responders.count == 10 && outcome.restarts >= 1)
        }
    }
}

private struct Roll {
    let cluster: Cluster
    let feed: any ObjectFeed
    let isDraining: Bool

    struct Outcome: Sendable {
        /// Connections that clients made all the time.
        var during = 0
        /// Those that began after a change was in the kernel.
        var after = 0
        var failures: [ConnectReport.Failure: Int] = [:]
        /// Answers from whom had gone before.
        var strays: [String] = []
        var responders: Set<String> = []
        /// How often the source was away and came back.
        var restarts = 0
    }

    private enum State { case serves, drains, gone }

    private static let services = ["10.96.7.10", "10.96.7.11"]

    func run(seconds: Int) throws -> Outcome {
        var states = Array(repeating: State.serves, count: cluster.backends.count)
        var servers = try (0..<10).map { index in try cluster.backends[index].serve(tcp: [8081], as: "b\(index + 1)") }
        try write(states)
        let proxies = try cluster.lab.nodes.map { try feed.startProxy(on: $0) }
        let targets = Self.services.compactMap { IPAddress($0) }
        let runs = try targets.map {
            try cluster.client.startConnecting(to: $0, 80, .init(count: 1_000_000, rate: 200, parallel: 20))
        }
        var outcome = Outcome()
        for second in 0..<seconds {
            let start = ContinuousClock.now
            // One begins to go, another of before has gone, one stops to answer two seconds later, one comes back.
            let going = second % 10
            states[going] = isDraining ? .drains : .gone
            let gone = (second + 9) % 10
            if isDraining, second > 0 { states[gone] = .gone }
            let ended = (second + 7) % 10
            if second > 2 { try servers[ended].stop() }
            let back = (second + 5) % 10
            if second > 4 {
                servers[back] = try cluster.backends[back].serve(tcp: [8081], as: "b\(back + 1)")
                states[back] = .serves
            }
            try write(states)
            try waitForKernel(states, at: targets[0])
            for target in targets {
                let report = try cluster.client.connect(to: target, 80, .init(count: 30, parallel: 5))
                outcome.add(report)
                outcome.after += report.attempts
                let serving = Set(states.indices.filter { states[$0] == .serves }.map { "b\($0 + 1)" })
                outcome.strays += report.responders.keys.filter { !serving.contains($0) }
            }
            if second == 3 { outcome.restarts += try feed.restart() }
            let spare = start + .seconds(1) - ContinuousClock.now
            if spare > .zero { pause(spare) }
        }
        for run in runs {
            let report = try run.stop()
            outcome.add(report)
            outcome.during += report.attempts
        }
        for proxy in proxies { try proxy.stop() }
        return outcome
    }

    private func waitForKernel(_ states: [State], at target: IPAddress) throws {
        let serving = Set(
            states.indices.filter { states[$0] == .serves }.compactMap { cluster.backends[$0].addresses.first(.ipv4) })
        try waitUntil("the kernel has the change", within: .seconds(5)) {
            try cluster.lab.nodes[0].kernelMaps(.ipv4).backends(target, .tcp, 80) == serving
        }
        // The pinned Service's endpoints come with the same file, in the same transaction.
    }

    private func write(_ states: [State]) throws {
        let ports: [Manifests.Port] = [.init("x", .tcp, 80)]
        try feed.write(
            [
                Manifests.service("roll", clusterIPs: [Self.services[0]], ports: ports),
                Manifests.service(
                    "pinned", clusterIPs: [Self.services[1]], ports: ports,
                    extra: [
                        "sessionAffinity": "ClientIP", "sessionAffinityConfig": ["clientIP": ["timeoutSeconds": 600]],
                    ]),
            ] + ["roll", "pinned"].map { slice(of: $0, states) })
    }

    private func slice(of service: String, _ states: [State]) -> JSONTree {
        let endpoints = states.indices.filter { states[$0] != .gone }.map { index -> JSONTree in
            let isServing = states[index] == .serves
            return [
                "addresses": [.string("\(cluster.backends[index].addresses[0])")],
                "conditions": [
                    "ready": .bool(isServing), "serving": true, "terminating": .bool(!isServing),
                ],
                "nodeName": .string(cluster.backends[index].node.name),
            ]
        }
        return [
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": [
                "name": .string("\(service)-x"), "namespace": "default",
                "labels": ["kubernetes.io/service-name": .string(service)],
            ],
            "addressType": "IPv4", "ports": [["name": "x", "protocol": "TCP", "port": 8081]],
            "endpoints": .array(endpoints),
        ]
    }
}

extension Roll.Outcome {
    fileprivate mutating func add(_ report: ConnectReport) {
        for (kind, count) in report.failures { failures[kind, default: 0] += count }
        responders.formUnion(report.responders.keys)
    }
}

/// Blocks the test's own thread.
private func pause(_ duration: Duration) {
    let until = ContinuousClock.now + duration
    _ = try? waitUntil("a second is over", within: duration + .seconds(1)) { ContinuousClock.now >= until }
}
