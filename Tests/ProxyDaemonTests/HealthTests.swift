import Daemons
import Frontends
import Glibc
import KubeModel
import NetworkTypes
import ProxyDaemon
import ServiceTables
import Synchronization
import TestSupport
import Testing

/// `healthCheckNodePort`, asked over real connections; the rows are those that kube-proxy was recorded with.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct HealthTests {
    private static func service(_ name: String, _ number: Int, port: Int, isDual: Bool = true) -> TestObject {
        let addresses = ["\"10.96.1.\(number)\""] + (isDual ? ["\"fd00:96::\(number)\""] : [])
        return TestObject(
            json: """
                {"apiVersion":"v1","kind":"Service","metadata":{"name":"\(name)"},"spec":{"type":"LoadBalancer",\
                "clusterIP":"10.96.1.\(number)","clusterIPs":[\(addresses.joined(separator: ","))],\
                "externalTrafficPolicy":"Local","healthCheckNodePort":\(port),"ports":[{"port":80,"nodePort":\(30000 + number)}]}}
                """)
    }

    /// A slice with one endpoint for each word: `here`, `there`, or `draining` and `unready` on this node.
    private static func slice(_ service: String, _ words: [String], number: Int = 1, suffix: String = "1") -> TestObject
    {
        let endpoints = words.enumerated().map { index, word in
            let conditions =
                switch word {
                case "draining": "{\"ready\":false,\"serving\":true,\"terminating\":true}"
                case "unready": "{\"ready\":false}"
                default: "{\"ready\":true}"
                }
            return """
                {"addresses":["10.244.\(number).\(index + 1)"],"nodeName":"\(word == "there" ? "there" : "here")",\
                "conditions":\(conditions)}
                """
        }
        return TestObject(
            json: """
                {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"\(service)-\(suffix)",\
                "labels":{"kubernetes.io/service-name":"\(service)"}},"addressType":"IPv4","ports":[{"port":8080}],\
                "endpoints":[\(endpoints.joined(separator: ","))]}
                """)
    }

    private static let ownNode = TestObject(
        json: """
            {"apiVersion":"v1","kind":"Node","metadata":{"name":"here"},"status":{"addresses":[\
            {"type":"InternalIP","address":"10.10.30.11"},{"type":"InternalIP","address":"fd00:30::11"}]}}
            """)

    /// A node with two addresses of each family.
    private func node() async throws -> ProxyNode {
        let node = try await ProxyNode()
        try await node.namespace.demand("ip", "link", "set", "lo", "up")
        for address in ["10.10.30.11/24", "10.10.31.11/24", "fd00:30::11/64", "fd00:31::11/64"] {
            try await node.namespace.demand("ip", "address", "add", address, "dev", "lo", "nodad")
        }
        return node
    }

    private func ask(
        _ node: ProxyNode, _ port: Int, at address: String = "10.10.30.11", _ method: String = "GET",
        _ path: String = "/"
    ) async throws -> String {
        try await node.ask(path, at: address, port: port, method)
    }

    /// Asks until the answer is so; what was answered last.
    private func ask(
        _ node: ProxyNode, _ port: Int, at address: String = "10.10.30.11", until condition: (String) -> Bool
    ) async throws -> String {
        var answer = ""
        for _ in 0..<60 {
            answer = try await ask(node, port, at: address)
            if condition(answer) { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        return answer
    }

    private static func expected(
        _ status: String, _ name: String, _ count: Int, isHealthy: Bool = true
    ) -> (head: [String], body: String) {
        let body =
            "{\n\t\"service\": {\n\t\t\"namespace\": \"default\",\n\t\t\"name\": \"\(name)\"\n\t},\n\t\"localEndpoints\": \(count)"
            + ",\n\t\"serviceProxyHealthy\": \(isHealthy)\n}"
        let head = [
            "HTTP/1.1 \(status)", "Content-Type: application/json", "X-Content-Type-Options: nosniff",
            "X-Load-Balancing-Endpoint-Weight: \(count)", "Content-Length: \(body.utf8.count)", "Connection: close",
        ]
        return (head, body)
    }

    private func expect(
        _ answer: String, _ status: String, _ name: String, _ count: Int, isHeadOnly: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let (head, body) = Self.expected(status, name, count)
        let lines = answer.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let end = lines.firstIndex(of: "") ?? 0
        #expect(
            lines[..<end].filter { !$0.hasPrefix("Date: ") } == head, "\(answer)", sourceLocation: sourceLocation)
        #expect(
            lines[(end + 1)...].joined(separator: "\n") == (isHeadOnly ? "" : body), sourceLocation: sourceLocation)
    }

    @Test("Each recorded Service gets kube-proxy's answer, byte for byte but for the date")
    func answers() async throws {
        let node = try await node()
        let rows: [(name: String, words: [String], count: Int)] = [
            ("two", ["here", "here", "there"], 2), ("none", ["there"], 0), ("empty", [], 0),
            ("term", ["draining", "there"], 0), ("notready", ["unready", "there"], 0),
        ]
        for (index, row) in rows.enumerated() {
            try node.write(
                "\(row.name).json",
                [
                    Self.service("svc-h-\(row.name)", index + 1, port: 31001 + index),
                    Self.slice("svc-h-\(row.name)", row.words, number: index + 1),
                ])
        }
        // One address in two slices is one endpoint.
        try node.write(
            "dup.json",
            [Self.service("svc-h-dup", 9, port: 31009)]
                + ["1", "2"].map { Self.slice("svc-h-dup", ["here"], number: 9, suffix: $0) })
        try node.write("node.json", [Self.ownNode])
        let daemon = try await node.start()
        _ = try await ask(node, 31001) { $0.hasPrefix("HTTP") }
        for (index, row) in rows.enumerated() {
            let status = row.count > 0 ? "200 OK" : "503 Service Unavailable"
            expect(try await ask(node, 31001 + index), status, "svc-h-\(row.name)", row.count)
        }
        expect(try await ask(node, 31009), "200 OK", "svc-h-dup", 1)
        expect(try await ask(node, 31001, "HEAD"), "200 OK", "svc-h-two", 2, isHeadOnly: true)
        expect(try await ask(node, 31001, "POST", "/other"), "200 OK", "svc-h-two", 2)
        // The Service has no endpoint of IPv6.
        expect(try await ask(node, 31001, at: "fd00:30::11"), "503 Service Unavailable", "svc-h-two", 0)
        for address in ["10.10.31.11", "127.0.0.1", "::1", "fd00:31::11"] {
            #expect(try await ask(node, 31001, at: address) == "ConnectionRefusedError", "\(address)")
        }
        // What changes is told at once, and who is not asked for any more does not answer.
        try node.write(
            "two.json", [Self.service("svc-h-two", 1, port: 31001), Self.slice("svc-h-two", ["there"])])
        expect(
            try await ask(node, 31001) { $0.contains(" 503 ") }, "503 Service Unavailable", "svc-h-two", 0)
        try node.write("two.json", [])
        #expect(try await ask(node, 31001) { $0 == "ConnectionRefusedError" } == "ConnectionRefusedError")
        try await node.stop(daemon)
        #expect(try await ask(node, 31009) == "ConnectionRefusedError")
    }

    @Test(
        "It answers where node ports do: on networks' addresses, one that comes later at once, and on all without any")
    func addresses() async throws {
        let node = try await node()
        try node.write("a.json", [Self.service("a", 1, port: 31001), Self.slice("a", ["here"]), Self.ownNode])
        let daemon = try node.run(node.arguments + ["--nodeport-addresses", "10.10.31.0/24,10.10.32.0/24"])
        #expect(try await daemon.hasSaid(" watching"))
        #expect(try await ask(node, 31001, at: "10.10.31.11") { $0.contains(" 200 OK") }.contains(" 200 OK"))
        #expect(try await ask(node, 31001) == "ConnectionRefusedError")
        // No network of IPv6: all of its addresses.
        #expect(try await ask(node, 31001, at: "fd00:31::11").contains(" 503 "))
        try await node.namespace.demand("ip", "address", "add", "10.10.32.7/24", "dev", "lo")
        #expect(try await ask(node, 31001, at: "10.10.32.7") { $0.contains(" 200 OK") }.contains(" 200 OK"))
        try await node.namespace.demand("ip", "address", "del", "10.10.31.11/24", "dev", "lo")
        try await node.namespace.demand("ip", "address", "add", "10.10.31.12/24", "dev", "lo")
        #expect(try await ask(node, 31001, at: "10.10.31.12") { $0.contains(" 200 OK") }.contains(" 200 OK"))
        try await node.stop(daemon)
        let said = try daemon.errorSoFar()
        #expect(!said.contains("cannot listen"), "\(said)")
    }

    @Test("Without an own Node it answers on all addresses; when one comes, on its address")
    func nodeComes() async throws {
        let node = try await node()
        try node.write("a.json", [Self.service("a", 1, port: 31001, isDual: false), Self.slice("a", ["here"])])
        let daemon = try await node.start()
        #expect(try await ask(node, 31001, at: "10.10.31.11") { $0.contains(" 200 OK") }.contains(" 200 OK"))
        #expect(try await ask(node, 31001, at: "fd00:31::11") == "ConnectionRefusedError")
        try node.write("node.json", [Self.ownNode])
        let elsewhere = try await ask(node, 31001, at: "10.10.31.11") { $0 == "ConnectionRefusedError" }
        #expect(elsewhere == "ConnectionRefusedError")
        #expect(try await ask(node, 31001) { $0.contains(" 200 OK") }.contains(" 200 OK"))
        try await node.stop(daemon)
    }

    @Test("A port that two Services want, one that somebody has, and an address that the node lacks are said")
    func trouble() async throws {
        let node = try await node()
        let holder = try await node.occupy(31002, at: "10.10.30.11")
        try node.write("a.json", [Self.service("a", 1, port: 31001, isDual: false), Self.slice("a", ["here"])])
        try node.write(
            "b.json", [Self.service("b", 2, port: 31001, isDual: false), Self.slice("b", ["there"], number: 2)])
        try node.write(
            "c.json", [Self.service("c", 3, port: 31002, isDual: false), Self.slice("c", ["here"], number: 3)])
        try node.write("node.json", [Self.ownNode])
        let daemon = try await node.start()
        expect(try await ask(node, 31001) { $0.contains(" 200 OK") }, "200 OK", "a", 1)
        #expect(try await daemon.hasSaid("cannot listen"))
        try node.write("a.json", [])
        expect(try await ask(node, 31001) { $0.contains("\"b\"") }, "503 Service Unavailable", "b", 0)
        holder.signal(SIGKILL)
        _ = try await holder.outcome()
        // It is tried again when addresses change, and each 5 seconds.
        try await node.namespace.demand("ip", "address", "add", "10.10.33.1/24", "dev", "lo")
        expect(try await ask(node, 31002) { $0.contains(" 200 OK") }, "200 OK", "c", 1)
        try await node.stop(daemon)
        let said = try daemon.errorSoFar()
        #expect(said.contains("several Services have one healthCheckNodePort") && said.contains("default/a, default/b"))
        #expect(said.contains("10.10.30.11:31002") && said.contains("healthCheckNodePort of default/c"), "\(said)")
    }
}

/// The server by itself, on loopback addresses that nobody else uses.
@Suite struct HealthCheckServerTests {
    @Test("While the rules are not kept it says 503, and the true number")
    func unhealthy() async throws {
        let address = IPAddress(family: .ipv4, value: 0x7f00_0000 | UInt128(UInt32.random(in: 0x1_0000...0xff_fffe)))
        let log = NotedLog()
        let server = HTTPServer(log.logger)
        let network = try #require(CIDR(address, prefixLength: 32))
        let options = ServiceTableOptions(nodePortAddresses: .networks([network]))
        let isHealthy = Mutex(false)
        let health = HealthCheckServer(server, options, log.logger) { isHealthy.withLock(\.self) }
        health.take(
            HealthCheckChanges(
                checks: [
                    NamespacedName(namespace: "default", name: "svc-h-two"): HealthCheck(
                        port: 31001, localEndpoints: [.ipv4: 1])
                ], node: nil))
        func answer() async throws -> String {
            var answer = ""
            for _ in 0..<100 where !answer.hasPrefix("HTTP") {
                answer = try await RunningProcess(
                    "/usr/bin/env", ["python3", ProxyNode.askScript, "GET", "/", "\(address)", "31001"]
                ).outcome().output
            }
            return answer
        }
        let sick = try await answer()
        #expect(
            sick.hasPrefix("HTTP/1.1 503 Service Unavailable\n")
                && sick.contains("\nX-Load-Balancing-Endpoint-Weight: 1\n"))
        #expect(sick.hasSuffix("\"localEndpoints\": 1,\n\t\"serviceProxyHealthy\": false\n}"))
        isHealthy.withLock { $0 = true }
        #expect(try await answer().hasPrefix("HTTP/1.1 200 OK\n"))
        await server.shutDown()
    }
}
