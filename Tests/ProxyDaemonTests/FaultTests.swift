import FoundationEssentials
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// What the machine and other people do to a running daemon.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)), .serialized)
struct FaultTests {
    @Test(
        "Whichever of its socket calls fails once, the daemon has the state right a moment later",
        arguments: [
            ("sendto", "ENOBUFS"), ("sendto", "EINTR"), ("recvfrom", "ENOBUFS"), ("recvfrom", "EINTR"),
            ("recvfrom", "ENOMEM"),
        ])
    func socketCalls(call: String, error: String) async throws {
        let node = try await ProxyNode()
        let trace = "/tmp/fairway-test-trace-\(getpid())-\(call)-\(error)"
        defer { _ = unsafe unlink(trace) }
        var injected = 0
        // strace counts for each thread by itself: most have few.
        for number in Soak.factor > 1 ? Array(1...40) : [1, 2, 3, 5, 8, 12, 17, 25] {
            try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1"])])
            // Beside its child, so that the pid is the daemon's.
            let daemon = try RunningProcess(
                "/usr/bin/env",
                [
                    "strace", "-D", "-f", "-qq", "-o", trace, "-e", "trace=\(call)", "-e",
                    "inject=\(call):error=\(error):when=\(number)", node.program,
                ] + node.arguments, in: node.namespace)
            #expect(try await daemon.hasSaid(" ready"), "\(call) number \(number)")
            try node.write(
                "a.json", [.service("a", "10.96.0.1"), .service("b", "10.96.0.2"), .slice("a", ["10.244.0.2"])])
            try await node.waitForElements { $0.contains("10.244.0.2 . 8080") && !$0.contains("10.244.0.1") }
            try await node.stop(daemon)
            let said = try daemon.errorSoFar()
            #expect(!said.contains("Fatal"), "\(said)")
            if try String(contentsOfFile: trace, encoding: .utf8).contains("(INJECTED)") { injected += 1 }
            #expect(try await node.run(["cleanup"]).outcome().exitCode == 0)
        }
        #expect(injected >= 3)
    }

    @Test("A standard error that nobody reads stops nothing; once it is read it says what was lost")
    func unreadLog() async throws {
        let node = try await ProxyNode()
        let pipe = "/tmp/fairway-test-stderr-\(getpid())"
        defer { _ = unsafe unlink(pipe) }
        try systemCall("mkfifo") { unsafe mkfifo(pipe, 0o600) }
        let reader = try FileDescriptor.open(pipe, O_RDWR | O_NONBLOCK)
        let daemon = try RunningProcess(
            "/bin/sh", ["-c", "exec \"$0\" \"$@\" 2>\(pipe)", node.program] + node.arguments, in: node.namespace)
        // Far more lines than a pipe takes.
        let bad = (0..<2_000).map { "apiVersion: v1\nkind: Service\nmetadata: {name: bad-\($0)}\nspec: 1" }
        try node.write("bad.yaml", text: bad.joined(separator: "\n---\n"))
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1"])])
        try await node.waitForElements { $0.contains("10.244.0.1 . 8080") }
        try node.write("bad.yaml", text: bad.reversed().joined(separator: "\n---\n"))
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.2"])])
        try await node.waitForElements { $0.contains("10.244.0.2 . 8080") }
        var said = try reader.read(upTo: 1 << 20)
        try node.write("bad.yaml", text: "kind: [")
        for _ in 0..<500 where !String(decoding: said, as: UTF8.self).contains("lines lost because nobody read them") {
            try await Task.sleep(for: .milliseconds(10))
            said += (try? reader.read(upTo: 1 << 20)) ?? []
        }
        #expect(
            String(decoding: said, as: UTF8.self).contains(/\n... lines lost because nobody read them: \d{3,}\n/))
        try node.write("bad.yaml", text: bad.joined(separator: "\n---\n"))
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.3"])])
        try await node.waitForElements { $0.contains("10.244.0.3 . 8080") }
        try await node.stop(daemon)
    }

    @Test("10,000 malformed objects cost themselves alone")
    func malformedObjects() async throws {
        let node = try await ProxyNode()
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the malformed objects: \(seed)")
        var generator = SeededGenerator(seed: seed)
        try node.write("good.json", [.service("good", "10.96.0.1"), .slice("good", ["10.244.0.1"])])
        let documents = (0..<10_000).map { Self.malformed($0, &generator) }
        try node.write("bad.yaml", text: documents.joined(separator: "\n---\n"))
        let daemon = try await node.start()
        try await node.waitForElements { $0.contains("10.244.0.1 . 8080") }
        try node.write("good.json", [.service("good", "10.96.0.1"), .slice("good", ["10.244.0.2"])])
        try await node.waitForElements { $0.contains("10.244.0.2 . 8080") && !$0.contains("10.244.0.1") }
        let listed = try await node.elements()
        #expect(listed.split(separator: "10.96.").count == 2, "\(listed.prefix(2000))")
        try await node.stop(daemon)
    }

    private static let garbage = [
        "null", "true", "-1", "1.5", "65536", "99999999999999999999", "\"\"", "\"x\"", "\"10.96.0.300\"", "\"::1/129\"",
        "[]", "[null]", "[[]]", "{}", "{\"a\": {}}", "[{\"port\": \"x\"}]",
        "\"\(String(repeating: "y", count: 2000))\"",
        "2026-01-01", "!!binary aGk=", "*nobody", "\"\\u0000\"",
    ]

    /// An object of which at least one part that decides about it is something else.
    private static func malformed(_ number: Int, _ generator: inout SeededGenerator) -> String {
        func spoilt() -> String { garbage.randomElement(using: &generator) ?? "null" }
        let name = "bad-\(number)"
        switch Int.random(in: 0..<6, using: &generator) {
        case 0:
            return "apiVersion: v1\nkind: Service\nmetadata: {name: \(name)}\nspec: {clusterIP: [], ports: \(spoilt())}"
        case 1: return "apiVersion: v1\nkind: Service\nmetadata: \(spoilt())\nspec: {clusterIP: 10.96.1.300}"
        case 2:
            return
                "apiVersion: v1\nkind: Service\nmetadata: {name: \(name)}\nspec: {clusterIP: 10.96.0.999, ports: [{port: \(spoilt())}]}"
        case 3:
            return
                "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: \(name), labels: {kubernetes.io/service-name: good}}\naddressType: IPv4\nports: [{port: 8080}]\nendpoints: [{addresses: [10.244.0.999], conditions: \(spoilt())}]"
        case 4: return "apiVersion: v1\nkind: Node\nmetadata: {name: \(spoilt())}\nstatus: {addresses: 7}"
        default: return "\(spoilt()): \(spoilt())\nkind: [\(spoilt())]"
        }
    }
}
