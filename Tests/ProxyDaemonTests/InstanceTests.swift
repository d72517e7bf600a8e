import Glibc
import LinuxSystem
import TestSupport
import Testing

/// One daemon a network namespace, whoever else binds its name.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct InstanceTests {
    /// Somebody without rights who holds an abstract name and answers nobody.
    private static func stranger(_ name: String, listening: Bool = true, in node: ProxyNode) async throws
        -> RunningProcess
    {
        let script = """
            import socket, sys, time
            s = socket.socket(socket.AF_UNIX)
            s.bind("\\0" + sys.argv[1])
            if sys.argv[2] == "true": s.listen(0)
            print("holds", flush=True)
            time.sleep(60)
            """
        let process = try RunningProcess(
            try Programs.path(of: "setpriv"),
            ["--reuid", "65534", "--clear-groups", "python3", "-c", script, name, "\(listening)"],
            in: node.namespace)
        _ = try await process.hasSaid("holds")
        return process
    }

    private static func end(_ process: RunningProcess) async throws {
        process.signal(SIGKILL)
        _ = try await process.outcome()
    }

    @Test(
        "Somebody who is not root and holds the name is named and passed over, and one daemon is one all the same",
        arguments: [true, false])
    func stranger(listening: Bool) async throws {
        let node = try await ProxyNode()
        let stranger = try await Self.stranger("fairway-proxy", listening: listening, in: node)
        let daemon = try await node.start()
        let log = try daemon.errorSoFar()
        #expect(log.contains("passed over") && log.contains("@fairway-proxy"), "\(log)")
        if listening { #expect(log.contains("pid \(stranger.pid), user 65534"), "\(log)") }
        for _ in 0..<2 {
            for arguments in [node.arguments, ["cleanup"], ["--cleanup"]] {
                let outcome = try await node.run(arguments).outcome(within: 10)
                #expect(outcome.exitCode != 0 && outcome.errorOutput.contains("pid \(daemon.pid):"), "\(outcome)")
            }
            // The second time the name itself is free, and the daemon holds the other one only.
            if listening { try await Self.end(stranger) } else { break }
        }
        try await node.stop(daemon)
        if !listening { try await Self.end(stranger) }
    }

    @Test("Strangers on both names are named, with the cure")
    func bothNames() async throws {
        let node = try await ProxyNode()
        let strangers = [
            try await Self.stranger("fairway-proxy", in: node), try await Self.stranger("fairway-proxy-2", in: node),
        ]
        let outcome = try await node.run(node.arguments).outcome(within: 10)
        #expect(outcome.exitCode != 0)
        for stranger in strangers {
            #expect(outcome.errorOutput.contains("pid \(stranger.pid), user 65534"), "\(outcome.errorOutput)")
            try await Self.end(stranger)
        }
        #expect(outcome.errorOutput.contains("end them"))
    }

    @Test("--cleanup does what cleanup does, and the log says what was loaded and what each commit changed")
    func log() async throws {
        let node = try await ProxyNode()
        try node.write("a.json", [.service("web", "10.96.0.1"), .slice("web", ["10.244.0.2"])])
        let daemon = try await node.start()
        let loaded = try daemon.errorSoFar()
        #expect(loaded.contains(" loaded") && loaded.contains("EndpointSlice=1") && loaded.contains("Service=1"))
        try node.write(
            "b.json",
            (0..<6).flatMap { [.service("s\($0)", "10.96.1.\($0)"), .slice("s\($0)", ["10.244.0.\(10 + $0)"])] })
        #expect(try await daemon.hasSaid(" changed"))
        let lines = try daemon.errorSoFar().split(separator: "\n").filter { $0.contains(" changed") }
        #expect(lines.count == 1 && lines[0].contains("and 8 more") && lines[0].contains("default/s"), "\(lines)")
        // Of what changes all the time one line a second tells.
        for number in 0..<10 {
            try node.write("b.json", [.service("s0", "10.96.1.0"), .slice("s0", ["10.244.1.\(number)"])])
            try await node.waitForElements { $0.contains("10.244.1.\(number) . 8080") }
        }
        for _ in 0..<300 where try daemon.errorSoFar().split(separator: "\n").last?.contains(" changed") != true {
            try await Task.sleep(for: .milliseconds(10))
        }
        let later = try daemon.errorSoFar().split(separator: "\n").filter { $0.contains(" changed") }.dropFirst()
        #expect((1...4).contains(later.count) && later.allSatisfy { $0.contains("default/s") }, "\(later)")
        try await node.stop(daemon)
        let outcome = try await node.run(["--cleanup"]).outcome(within: 10)
        #expect(outcome.exitCode == 0, "\(outcome)")
        #expect(try await node.namespace.demand("nft", "list", "tables") == "")
    }
}
