import FoundationEssentials
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// `--allocate`, with the real daemon and real packets: what kubectl is given, on a machine without an API server.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct AllocationTests {
    /// A Deployment and its Service as people write them for kubectl.
    private static func manifest(_ name: String, _ spec: String = "") -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: \(name)
        spec:
          selector: {matchLabels: {app: \(name)}}
          template: {metadata: {labels: {app: \(name)}}, spec: {containers: [{name: web, image: nginx}]}}
        ---
        apiVersion: v1
        kind: Service
        metadata:
          name: \(name)
        spec:
          selector: {app: \(name)}
          ports:
          - port: 80
            targetPort: 8080
        \(spec)
        """
    }

    private static func slice(_ name: String, _ address: String = "127.0.0.1", port: Int) -> String {
        """
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: \(name)-1
          labels: {kubernetes.io/service-name: \(name)}
        addressType: IPv4
        ports:
        - port: \(port)
        endpoints:
        - addresses: [\(address)]
        """
    }

    /// A node with an address, on which a server answers with its name, and a client beyond it.
    private final class Bed: Sendable {
        let node: ProxyNode
        let state: String
        private let folder: String

        init() async throws {
            node = try await ProxyNode()
            folder = "/tmp/fairway-test-allocations-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
            state = "\(folder)/state/allocations.jsonl"
            try await node.namespace.batch(
                """
                link set lo up
                address add 10.9.0.1/24 dev lo
                route add 10.96.0.0/16 dev lo
                route add 192.0.2.0/24 dev lo
                """)
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        var flags: [String] {
            [
                "--allocate", "--service-cidr", "10.96.0.0/16", "--allocation-state", state, "--nodeport-addresses",
                "10.9.0.0/24",
            ]
        }

        func start(_ flags: [String]? = nil) async throws -> RunningProcess {
            let daemon = try node.run(node.arguments + (flags ?? self.flags))
            guard try await daemon.hasSaid(" watching") else {
                let outcome = try await daemon.outcome(within: 1)
                throw ProgramFailure(program: node.program, arguments: flags ?? self.flags, outcome: outcome)
            }
            return daemon
        }

        /// Where a Service can be reached, as `show` has it.
        func frontends(_ service: String) async throws -> [String] {
            let outcome = try await node.run(["show", "default/\(service)"]).outcome()
            return outcome.output.split(separator: "\n").dropFirst().compactMap { line in
                let columns = line.split(separator: " ")
                guard columns.count > 3, columns[0] == "default/\(service)" else { return nil }
                return columns[1] == "node" ? "10.9.0.1:\(columns[3])" : String(columns[1])
            }
        }

        func waitForFrontends(_ service: String, _ condition: ([String]) -> Bool) async throws -> [String] {
            var last: [String] = []
            for _ in 0..<500 {
                last = try await frontends(service)
                if condition(last) { return last }
                try await Task.sleep(for: .milliseconds(10))
            }
            Issue.record("the frontends stayed \(last)")
            return last
        }

        /// Serves one connection after the other on 10.9.0.1, with this answer.
        func serve(_ port: Int, _ answer: String) throws -> RunningProcess {
            let script = """
                import socket
                s = socket.create_server(("10.9.0.1", \(port)))
                print("serving", flush=True)
                while True:
                    c, _ = s.accept()
                    c.sendall(b"\(answer)")
                    c.close()
                """
            return try RunningProcess(Programs.path(of: "python3"), ["-c", script], in: node.namespace)
        }

        /// What answers at `ADDRESS:PORT`.
        func ask(_ frontend: String) async throws -> String {
            let parts = frontend.split(separator: "/")[0].split(separator: ":")
            let script =
                "import socket; s = socket.create_connection((\"\(parts[0])\", \(parts[1])), 5); print(s.recv(99).decode(), end=\"\")"
            return try await node.namespace.demand("python3", "-c", script)
        }
    }

    @Test("kubectl's YAML and a slice are enough: the Service answers, and after kill -9 at the same address")
    func plain() async throws {
        let bed = try await Bed()
        let server = try bed.serve(8080, "web")
        defer { server.signal(SIGKILL) }
        #expect(try await server.hasSaid("serving"))
        try bed.node.write("web.yaml", text: Self.manifest("web", "  type: NodePort"))
        try bed.node.write("slice.yaml", text: Self.slice("web", "10.9.0.1", port: 8080))
        let first = try await bed.start()
        let frontends = try await bed.frontends("web")
        let address = try #require(frontends.first { $0.hasPrefix("10.96.") })
        let port = try #require(frontends.first { !$0.hasPrefix("10.96.") })
        #expect(try await bed.ask(address) == "web")
        #expect(try await bed.ask(port) == "web")
        let log = try first.errorSoFar()
        #expect(log.contains("gives Service default/web the IPv4 cluster IP \(address.prefix { $0 != ":" })"), "\(log)")
        first.signal(SIGKILL)
        _ = try await first.outcome(within: 10)
        // Another Service comes while it is away, which must not get the address, nor change it.
        try bed.node.write("a.yaml", text: Self.manifest("a"))
        let second = try await bed.start()
        #expect(try await bed.frontends("web") == frontends)
        #expect(try await bed.ask(address) == "web")
        #expect(!(try second.errorSoFar().contains("gives Service default/web")))
        #expect(try await bed.frontends("a").count == 1)
        try await bed.node.stop(second)
    }

    @Test("A start without the state file arrives at the same addresses, and a living daemon's file is nobody else's")
    func agreement() async throws {
        let bed = try await Bed()
        for name in ["a", "b", "c"] { try bed.node.write("\(name).yaml", text: Self.manifest(name)) }
        let first = try await bed.start()
        let frontends = try await bed.frontends("b")
        let other = try await ProxyNode()
        let refused = try await other.run(other.arguments + bed.flags).outcome(within: 10)
        #expect(refused.exitCode == 1 && refused.errorOutput.contains("is another fairway-proxy's"))
        try await bed.node.stop(first)
        try Directory.remove(bed.state)
        let second = try await bed.start()
        #expect(try await bed.frontends("b") == frontends)
        try await bed.node.stop(second)
    }

    @Test("An address that a manifest names moves the Service that was given it, and connections follow")
    func conflict() async throws {
        let bed = try await Bed()
        let servers = [try bed.serve(8080, "web"), try bed.serve(8081, "db")]
        defer { for server in servers { server.signal(SIGKILL) } }
        for server in servers { #expect(try await server.hasSaid("serving")) }
        try bed.node.write("web.yaml", text: Self.manifest("web"))
        try bed.node.write("web-slice.yaml", text: Self.slice("web", "10.9.0.1", port: 8080))
        let daemon = try await bed.start()
        let address = try #require(try await bed.frontends("web").first)
        #expect(try await bed.ask(address) == "web")
        try bed.node.write("db-slice.yaml", text: Self.slice("db", "10.9.0.1", port: 8081))
        try bed.node.write("db.yaml", text: Self.manifest("db", "  clusterIP: \(address.prefix { $0 != ":" })"))
        let moved = try #require(try await bed.waitForFrontends("web") { !$0.isEmpty && $0 != [address] }.first)
        #expect(try await bed.ask(moved) == "web")
        #expect(try await bed.ask(address) == "db")
        let line = "Service default/db names \(address.prefix { $0 != ":" }), which it had"
        #expect(try daemon.errorSoFar().components(separatedBy: line).count == 2)
        try await bed.node.stop(daemon)
        let again = try await bed.start()
        #expect(try await bed.frontends("web") == [moved])
        #expect(!(try again.errorSoFar().contains("which it had")))
        try await bed.node.stop(again)
    }

    @Test("When a range is used up one warning names Service, range and cure, and the rest is served")
    func exhausted() async throws {
        let bed = try await Bed()
        for name in ["a", "b", "c"] { try bed.node.write("\(name).yaml", text: Self.manifest(name)) }
        var flags = bed.flags
        flags[2] = "10.96.0.0/30"
        let daemon = try await bed.start(flags)
        let line =
            "Service default/c has no IPv4 cluster IP: all of --service-cidr 10.96.0.0/30 is taken; add a network"
        #expect(try daemon.errorSoFar().components(separatedBy: line).count == 2)
        for name in ["a", "b"] { #expect(try await bed.frontends(name).count == 1) }
        #expect(try await bed.frontends("c") == [])
        try bed.node.write("a.yaml", text: "")
        let c = try await bed.waitForFrontends("c") { $0.count == 1 }
        daemon.signal(SIGKILL)
        _ = try await daemon.outcome(within: 10)
        // It comes first by its name, and finds that the others have everything.
        try bed.node.write("a.yaml", text: Self.manifest("a"))
        let again = try await bed.start(flags)
        #expect(try await bed.frontends("c") == c)
        #expect(try await bed.frontends("a") == [])
        try await bed.node.stop(again)
    }

    @Test("A LoadBalancer gets an address and node ports, and answers there")
    func loadBalancer() async throws {
        let bed = try await Bed()
        let server = try bed.serve(8080, "lb")
        defer { server.signal(SIGKILL) }
        #expect(try await server.hasSaid("serving"))
        try bed.node.write("lb.yaml", text: Self.manifest("lb", "  type: LoadBalancer"))
        try bed.node.write("slice.yaml", text: Self.slice("lb", "10.9.0.1", port: 8080))
        let daemon = try await bed.start(bed.flags + ["--allocate-load-balancer", "192.0.2.0/28"])
        let frontends = try await bed.frontends("lb")
        #expect(frontends.count == 3, "\(frontends)")
        for frontend in frontends { #expect(try await bed.ask(frontend) == "lb") }
        #expect(frontends.contains { $0.hasPrefix("192.0.2.") })
        try await bed.node.stop(daemon)
    }

    @Test("A state file that cannot be understood is an error with place and cure, and nothing is touched")
    func corrupt() async throws {
        let bed = try await Bed()
        try bed.node.write("a.yaml", text: Self.manifest("a"))
        try await bed.node.stop(try await bed.start())
        let rules = try await bed.node.namespace.demand("nft", "list", "ruleset")
        let content = try String(contentsOf: URL(filePath: bed.state), encoding: .utf8)
        for (damaged, reason) in [
            (content.replacing("{\"service\"", with: "{service\""), "line 2: line 1, column 2"),
            (content.replacing("clusterIP", with: "clusterIQ"), "line 2: no \"clusterIP\""),
            ("", "line 1: does not say {\"format\":1}"),
            (content.replacing("\"format\":1", with: "\"format\":2"), "format 2, a later release's"),
        ] {
            // A last line that is no JSON may have been cut short; this one is not the last.
            let damaged = damaged.isEmpty ? "" : damaged + content.split(separator: "\n")[1] + "\n"
            try damaged.write(to: URL(filePath: bed.state), atomically: false, encoding: .utf8)
            let outcome = try await bed.node.run(bed.node.arguments + bed.flags).outcome(within: 10)
            #expect(outcome.exitCode == 1)
            #expect(outcome.errorOutput.contains(reason), "\(outcome.errorOutput)")
            #expect(outcome.errorOutput.contains("--allocation-state: \(bed.state)"))
            #expect(try String(contentsOf: URL(filePath: bed.state), encoding: .utf8) == damaged)
            #expect(try await bed.node.namespace.demand("nft", "list", "ruleset") == rules)
        }
        // What a power cut left of a line was not in force.
        try (content + "{\"service\":\"default/b\",\"clu").write(
            to: URL(filePath: bed.state), atomically: false, encoding: .utf8)
        try bed.node.write("b.yaml", text: Self.manifest("b"))
        let daemon = try await bed.start()
        #expect(try await bed.frontends("b").count == 1)
        try await bed.node.stop(daemon)
        let lines = try String(contentsOf: URL(filePath: bed.state), encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 3 && lines.allSatisfy { $0.hasSuffix("}") }, "\(lines)")
    }

    @Test("What cannot be written is not in force, everything else is, and once it can be written it comes")
    func fullDisk() async throws {
        let bed = try await Bed()
        try bed.node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1"])])
        let daemon = try await bed.start()
        // Nobody, root neither, makes a file in a folder's place.
        try FileManager.default.createDirectory(atPath: bed.state + ".new", withIntermediateDirectories: false)
        try bed.node.write("b.yaml", text: Self.manifest("b"))
        #expect(try await daemon.hasSaid("wait until it can be written"))
        try bed.node.write("c.json", [.service("c", "10.96.0.3")])
        _ = try await bed.waitForFrontends("c") { $0.count == 1 }
        #expect(try await bed.frontends("b") == [])
        try FileManager.default.removeItem(atPath: bed.state + ".new")
        let frontends = try await bed.waitForFrontends("b") { $0.count == 1 }
        #expect(frontends.count == 1)
        try await bed.node.stop(daemon)
    }

    @Test("A change of endpoints alone does not touch the state file")
    func endpointsOnly() async throws {
        let bed = try await Bed()
        try bed.node.write("a.yaml", text: Self.manifest("a"))
        try bed.node.write("slice.json", [.slice("a", ["10.244.0.1"])])
        let daemon = try await bed.start()
        let before = try FileStatus(of: bed.state)
        try bed.node.write("slice.json", [.slice("a", ["10.244.0.2"])])
        try await bed.node.waitForElements { $0.contains("10.244.0.2") }
        #expect(try FileStatus(of: bed.state) == before)
        try await bed.node.stop(daemon)
    }

    @Test("Without --allocate each Service that leaves something is named once, with the option")
    func warnings() async throws {
        let bed = try await Bed()
        try bed.node.write("a.yaml", text: Self.manifest("a"))
        try bed.node.write("b.yaml", text: Self.manifest("b", "  type: NodePort\n  clusterIP: 10.96.0.2"))
        try bed.node.write("c.yaml", text: Self.manifest("c", "  type: LoadBalancer\n  clusterIP: 10.96.0.3"))
        let daemon = try await bed.start([])
        let log = try daemon.errorSoFar()
        for line in [
            "Service default/a: spec.clusterIP is missing, so it is not served over IPv4: name one, or let --allocate choose",
            "Service default/b: spec.ports has no nodePort for port 80, so there is none: name one, or let --allocate choose",
            "Service default/c: no load balancer IP: write one to status.loadBalancer.ingress, or let --allocate-load-balancer choose",
        ] { #expect(log.components(separatedBy: line).count == 2, "\(log)") }
        #expect(log.components(separatedBy: "Service default/").count == 4, "\(log)")
        #expect(!FileManager.default.fileExists(atPath: bed.state))
        try await bed.node.stop(daemon)
    }

    @Test("A slice with a port name that no port of its Service has is named")
    func portNames() async throws {
        let bed = try await Bed()
        try bed.node.write("a.json", [.service("a", "10.96.0.1")])
        try bed.node.write(
            "s.yaml", text: Self.slice("a", "10.244.0.1", port: 8080).replacing("- port", with: "- name: http\n  port"))
        let daemon = try await bed.start([])
        #expect(try await daemon.hasSaid("ports=\"http\" (TCP) service=default/a slice=default/a-1 "))
        try await bed.node.stop(daemon)
    }
}
