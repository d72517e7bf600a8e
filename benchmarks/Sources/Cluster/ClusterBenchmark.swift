import FoundationEssentials
import Glibc
import LinuxSystem
import Synchronization
import TestAPIServer
import TestSupport

/// The real daemon beside an API server, over TLS and in protobuf: how long its start takes, how long a change takes from
/// the server's socket to the kernel's acknowledgement, what it keeps of memory and computes meanwhile.
struct ClusterBenchmark {
    let services: Int
    let endpoints: Int
    let changes: Int
    /// Changes a second, and for how many seconds.
    let rates: [Int]
    let seconds: Int
    let program: String

    func run() async throws {
        let objects = ClusterObjects(services: services, endpoints: endpoints)
        let server = try ClusterServer(objects)
        let namespace = try NetNS()
        try await namespace.batch("link set lo up")
        let certificates = try await TestCertificates()
        let listening = try await server.start(certificates.identity, in: namespace)
        print("\(services) x \(endpoints) in protobuf over TLS: \(server.size / 1_000_000) MB")
        let kubeconfig = "\(certificates.identity.folder)/kubeconfig"
        let text = """
            {apiVersion: v1, kind: Config, current-context: c,
             clusters: [{name: c, cluster: {server: "https://127.0.0.1:\(listening.port)", certificate-authority: ca.crt}}],
             users: [{name: u, user: {token: t}}], contexts: [{name: c, context: {cluster: c, user: u}}]}
            """
        try FileDescriptor.open(kubeconfig, O_CREAT | O_WRONLY | O_TRUNC).writeAll(text.utf8)
        let start = MonotonicClock.now
        let daemon = try RunningProcess(
            program, ["--kubeconfig", kubeconfig, "--node-name", "node-1"], in: namespace)
        defer { daemon.signal(SIGTERM) }
        let figures = ProcessFigures(pid: daemon.pid)
        try await Self.wait(for: "] ready", of: daemon)
        print("from the process's start to ready: \(milliseconds(Double(MonotonicClock.now - start)))")
        try await Self.wait(for: " watching", of: daemon)
        try await Task.sleep(for: .seconds(10))
        print("memory: VmHWM \(try figures.memory("VmHWM")) MB, VmRSS \(try figures.memory("VmRSS")) MB 10 s later")
        try await onThread { try measure(objects, server, namespace, figures) }
        daemon.signal(SIGTERM)
        _ = try await daemon.outcome(within: 20)
        await listening.stop()
    }

    private func measure(
        _ objects: ClusterObjects, _ server: ClusterServer, _ namespace: NetNS, _ figures: ProcessFigures
    ) throws {
        let commits = try Commits(in: namespace)
        var round = 0
        func change() throws {
            round += 1
            try server.send(
                objects.slice((round &* 7919) % services, round: round, version: services + round))
        }
        var times: [Double] = []
        for _ in 0..<changes {
            usleep(2000)
            let start = MonotonicClock.now
            try change()
            times.append(Double(try commits.wait(after: start) - start))
        }
        print(
            "a slice from the server's socket to the kernel: p50 \(microseconds(times.percentile(50))), p99",
            "\(microseconds(times.percentile(99))) over \(changes) changes")
        for rate in rates {
            let before = try figures.computed()
            let start = ContinuousClock.now
            var last: UInt64 = 0
            for number in 0..<rate * seconds {
                last = MonotonicClock.now
                try change()
                let spare = start + .milliseconds((number + 1) * 1000 / rate) - ContinuousClock.now
                if spare > .milliseconds(1) { usleep(UInt32(spare / .microseconds(1)) - 500) }
            }
            let took = (ContinuousClock.now - start) / .seconds(1)
            let end = try commits.end(after: last)
            let used = try figures.computed() - before
            print(
                "\(Int(Double(rate * seconds) / took)) changes a second for \(Int(took)) s: \((used * 100).rounded() / 100) s of CPU,",
                "\((used / took * 1000).rounded() / 10) % of one core; the last one in the kernel after",
                milliseconds(Double(end - last)))
        }
    }

    private static func wait(for text: String, of daemon: RunningProcess) async throws {
        for _ in 0..<60_000 {
            if try daemon.errorSoFar().contains(text) { return }
            try await Task.sleep(for: .milliseconds(1))
        }
        throw SystemError("wait for \"\(text)\": \(try daemon.errorSoFar())", Errno(rawValue: ETIMEDOUT))
    }
}

/// When anything was committed to nf_tables of a namespace.
private final class Commits: Sendable {
    private let last = Atomic<UInt64>(0)
    private let socket: NetlinkSocket

    init(in namespace: NetNS) throws {
        // NFNLGRP_NFTABLES
        socket = try namespace.perform { () throws(SystemError) in try NetlinkSocket(.nftables, groups: [7]) }
        socket.reserve(receiveBuffer: 1 << 24)
        try DedicatedThread.start("listen") { [self] in
            while (try? socket.receive(wait: true)) != nil { last.store(MonotonicClock.now, ordering: .releasing) }
        }
    }

    /// The moment of the next commit, which has ten seconds.
    func wait(after start: UInt64) throws -> UInt64 {
        let end = start + 10_000_000_000
        while MonotonicClock.now < end {
            let last = last.load(ordering: .acquiring)
            if last > start { return last }
            usleep(10)
        }
        throw SystemError("wait for a commit", Errno(rawValue: ETIMEDOUT))
    }

    /// The moment of the last commit, once none has come for a while.
    func end(after start: UInt64) throws -> UInt64 {
        var known = try wait(after: start)
        while true {
            usleep(300_000)
            let last = last.load(ordering: .acquiring)
            if last == known { return last }
            known = last
        }
    }
}
