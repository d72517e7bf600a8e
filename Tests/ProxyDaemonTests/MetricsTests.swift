import FoundationEssentials
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// Each metric moves by its cause, at the real daemon.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct MetricsTests {
    private let node: ProxyNode

    init() async throws {
        node = try await ProxyNode()
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1"])])
    }

    /// The values by their names with labels, as the text has them.
    private func metrics() async throws -> [String: Double] {
        let answer = try await node.ask("/metrics", port: 10249)
        var values: [String: Double] = [:]
        for line in answer.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                continue
            }
            values[String(line[..<space])] = value
        }
        return values
    }

    /// Asks until a value is so, for ten seconds; all that was said last.
    private func metrics(until condition: ([String: Double]) -> Bool) async throws -> [String: Double] {
        var values: [String: Double] = [:]
        for _ in 0..<200 {
            values = try await metrics()
            if condition(values) { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        return values
    }

    @Test("Every line is one that Prometheus reads, and each family is told of once")
    func format() async throws {
        let daemon = try await node.start()
        let answer = try await node.ask("/metrics", port: 10249)
        #expect(answer.contains("\nContent-Type: text/plain; version=0.0.4; charset=utf-8\n"))
        let end = try #require(answer.firstRange(of: "\n\n"))
        let label = #"[a-z_]+="([^"\\\n]|\\["\\n])*""#
        let sample = try Regex(#"[a-z_]+(\{\#(label)(,\#(label))*\})? (-?\d+(\.\d+)?(e[-+]\d+)?|\+Inf|NaN)"#)
        var families: [Substring] = []
        for line in answer[end.upperBound...].split(separator: "\n") {
            let words = line.split(separator: " ")
            if words[0] == "#", words[1] == "TYPE" { families.append(words[2]) }
            if words[0] == "#" { continue }
            #expect(line.wholeMatch(of: sample) != nil, "\(line)")
            let name = line.prefix { $0 != "{" && $0 != " " }
            let family = families.last ?? ""
            #expect(name == family || ["_bucket", "_sum", "_count"].contains { name == family + $0 }, "\(line)")
        }
        #expect(Set(families).count == families.count && families.count > 25)
        try await node.stop(daemon)
    }

    @Test("What dashboards and alerts may name is what there is")
    func names() async throws {
        let list = "\(Programs.root(of: #filePath))/deploy/prometheus/metrics"
        let named = Set(
            try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") })
        let daemon = try node.run(node.arguments + ["--service-metrics"])
        #expect(try await daemon.hasSaid(" watching"))
        _ = try await (node.ask("/healthz", port: 10256), node.ask("/livez", port: 10256))
        let answer = try await node.ask("/metrics", port: 10249)
        let exposed = Set(
            answer.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] })
        // These have no sample before something happens; other tests let it happen.
        let rare: Set<Substring> = [
            "fairway_proxy_netlink_errors_total", "kubeproxy_conntrack_reconciler_sync_duration_seconds",
            "kubeproxy_network_programming_duration_seconds", "rest_client_requests_total",
        ]
        #expect(exposed.union(rare) == named, "\(exposed.union(rare).symmetricDifference(named).sorted())")
        try await node.stop(daemon)
    }

    @Test("Changes of objects, their transactions and elements, and the time of each")
    func changes() async throws {
        let daemon = try await node.start()
        let before = try await metrics()
        #expect(before["kubeproxy_sync_proxy_rules_service_changes_total"] == 1)
        #expect(before["kubeproxy_sync_proxy_rules_endpoint_changes_total"] == 1)
        #expect(before["fairway_proxy_frontends"] == 1 && before["fairway_proxy_endpoints"] == 1)
        #expect(before["fairway_proxy_ready"] == 1)
        let new = (1...9).map { "10.244.0.\($0)" }
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", new)])
        try await node.waitForElements { $0.contains("10.244.0.9") }
        let after = try await metrics { $0["kubeproxy_sync_proxy_rules_endpoint_changes_total"] == 2 }
        func rise(_ name: String) -> Double { (after[name] ?? -1) - (before[name] ?? 0) }
        #expect(rise("kubeproxy_sync_proxy_rules_endpoint_changes_total") == 1)
        #expect(rise("kubeproxy_sync_proxy_rules_service_changes_total") == 0)
        #expect(after["kubeproxy_sync_proxy_rules_endpoint_changes_pending"] == 0)
        #expect(after["fairway_proxy_endpoints"] == 9)
        // Eight endpoints, and the frontend's other shape.
        #expect(rise("fairway_proxy_elements_total{operation=\"add\"}") >= 8)
        #expect(rise("fairway_proxy_transactions_total") >= 1)
        for family in ["IPv4", "IPv6"] {
            let label = "{ip_family=\"\(family)\"}"
            #expect(rise("kubeproxy_sync_proxy_rules_duration_seconds_count\(label)") >= 1)
            #expect(rise("kubeproxy_sync_partial_proxy_rules_duration_seconds_count\(label)") >= 1)
            #expect(rise("kubeproxy_sync_proxy_rules_last_timestamp_seconds\(label)") > 0)
            #expect(rise("kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds\(label)") > 0)
            let now = Double(WallClock.nanoseconds) / 1e9
            #expect(now - (after["kubeproxy_sync_proxy_rules_last_timestamp_seconds\(label)"] ?? 0) < 60)
        }
        #expect(rise("fairway_proxy_commit_duration_seconds_count") >= 1)
        let buckets = after.keys.filter { $0.hasPrefix("kubeproxy_sync_proxy_rules_duration_seconds_bucket") }
        #expect(buckets.count == 32 && buckets.contains { $0.contains("le=\"16.384\"") })
        try await node.stop(daemon)
    }

    @Test("What others break and the daemon mends; what it cannot read")
    func repairs() async throws {
        let daemon = try await node.start()
        try await node.namespace.demand("nft", "delete", "table", "ip", "fairway")
        let mended = try await metrics { ($0["fairway_proxy_repairs_total"] ?? 0) >= 1 }
        #expect((mended["fairway_proxy_repairs_total"] ?? 0) >= 1)
        #expect((mended["kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"}"] ?? 0) >= 1)
        try node.write("bad.yaml", text: "kind: [")
        let unreadable = try await metrics { $0["fairway_proxy_unreadable_objects"] == 1 }
        #expect(unreadable["fairway_proxy_unreadable_objects"] == 1)
        try await node.stop(daemon)
    }

    @Test(
        "The time from a change of endpoints to the kernel, as the slice says when it was; none from before the start")
    func programming() async throws {
        func slice(_ address: String, at nanoseconds: Int64) -> TestObject {
            TestObject(
                json: """
                    {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"a-1","labels":\
                    {"kubernetes.io/service-name":"a"},"annotations":{"endpoints.kubernetes.io/last-change-trigger-time":\
                    "\(WallClock.text(of: nanoseconds))"}},"addressType":"IPv4","ports":[{"port":8080}],\
                    "endpoints":[{"addresses":["\(address)"]}]}
                    """)
        }
        let start = WallClock.nanoseconds
        try node.write("a.json", [.service("a", "10.96.0.1"), slice("10.244.0.1", at: start - 60_000_000_000)])
        let daemon = try await node.start()
        let name = "kubeproxy_network_programming_duration_seconds_"
        #expect(try await metrics().keys.contains { $0.hasPrefix(name) } == false)
        let changed = WallClock.nanoseconds
        try await Task.sleep(for: .milliseconds(300))
        try node.write("a.json", [.service("a", "10.96.0.1"), slice("10.244.0.2", at: changed)])
        let after = try await metrics { $0["\(name)count{ip_family=\"IPv4\"}"] == 1 }
        #expect(after["\(name)count{ip_family=\"IPv4\"}"] == 1)
        #expect(after["\(name)bucket{ip_family=\"IPv4\",le=\"0.25\"}"] == 0)
        #expect(after["\(name)bucket{ip_family=\"IPv4\",le=\"60\"}"] == 1)
        #expect((after["\(name)sum{ip_family=\"IPv4\"}"] ?? 0) >= 0.3)
        try await node.stop(daemon)
    }

    @Test("Services that only this node's endpoints may serve, while all are elsewhere")
    func localGaps() async throws {
        func elsewhere(_ service: String, on nodeName: String) -> TestObject {
            TestObject(
                json: """
                    {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"\(service)-1","labels":\
                    {"kubernetes.io/service-name":"\(service)"}},"addressType":"IPv4","ports":[{"port":8080}],\
                    "endpoints":[{"addresses":["10.244.9.1"],"nodeName":"\(nodeName)"}]}
                    """)
        }
        let inside = TestObject(
            json: """
                {"apiVersion":"v1","kind":"Service","metadata":{"name":"i"},"spec":{"clusterIP":"10.96.0.3",\
                "internalTrafficPolicy":"Local","ports":[{"port":80}]}}
                """)
        let outside = TestObject.service("l", "10.96.0.2", nodePort: 30001, isLocal: true)
        try node.write("l.json", [outside, elsewhere("l", on: "there"), inside, elsewhere("i", on: "there")])
        let daemon = try await node.start()
        func gaps(_ values: [String: Double]) -> [Double?] {
            ["internal", "external"].map {
                values[
                    "kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family=\"IPv4\",traffic_policy=\"\($0)\"}"]
            }
        }
        #expect(gaps(try await metrics { gaps($0) == [1, 1] }) == [1, 1])
        try node.write("l.json", [outside, elsewhere("l", on: "here"), inside, elsewhere("i", on: "there")])
        #expect(gaps(try await metrics { gaps($0) == [1, 0] }) == [1, 0])
        // A Service without any endpoints is another matter.
        try node.write("l.json", [outside, elsewhere("l", on: "there"), inside])
        #expect(gaps(try await metrics { gaps($0) == [0, 1] }) == [0, 1])
        try node.write("l.json", [])
        #expect(gaps(try await metrics { gaps($0) == [0, 0] }) == [0, 0])
        try await node.stop(daemon)
    }

    @Test("Stale flows that were ended, and the walks that found them")
    func flows() async throws {
        func udp(_ address: String) -> [TestObject] {
            [
                TestObject(
                    json: """
                        {"apiVersion":"v1","kind":"Service","metadata":{"name":"u"},"spec":{"clusterIP":"10.96.0.7",\
                        "ports":[{"port":53,"protocol":"UDP"}]}}
                        """),
                TestObject(
                    json: """
                        {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"u-1","labels":\
                        {"kubernetes.io/service-name":"u"}},"addressType":"IPv4","ports":[{"port":5353,"protocol":"UDP"}],\
                        "endpoints":[{"addresses":["\(address)"]}]}
                        """),
            ]
        }
        try await node.namespace.batch(
            """
            address add 192.0.2.1/24 dev lo
            address add 192.0.2.2/24 dev lo
            route add 10.96.0.0/16 dev lo
            """)
        try node.write("u.json", udp("192.0.2.1"))
        let daemon = try await node.start()
        let probe = "import socket\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\ns.sendto(b'x',('10.96.0.7',53))"
        try await node.namespace.demand("python3", "-c", probe)
        let before = try await metrics()
        try node.write("u.json", udp("192.0.2.2"))
        let ended = "kubeproxy_conntrack_reconciler_deleted_entries_total{ip_family=\"IPv4\"}"
        let walks = "kubeproxy_conntrack_reconciler_sync_duration_seconds_count{ip_family=\"IPv4\"}"
        let after = try await metrics { ($0[ended] ?? 0) >= 1 }
        #expect((after[ended] ?? 0) - (before[ended] ?? 0) == 1)
        #expect((after[walks] ?? 0) > (before[walks] ?? 0))
        try await node.stop(daemon)
    }

    @Test("Connections of each Service, where they are asked for")
    func connections() async throws {
        try await node.namespace.batch(
            """
            address add 192.0.2.1/24 dev lo
            route add 10.96.0.0/16 dev lo
            """)
        let name = "fairway_proxy_service_connections_total{namespace=\"default\",service=\"a\",port=\"\"}"
        let plain = try await node.start()
        #expect(try await metrics()[name] == nil)
        try await node.stop(plain)
        let daemon = try node.run(node.arguments + ["--service-metrics"])
        #expect(try await daemon.hasSaid(" watching"))
        #expect(try await metrics()[name] == 0)
        // Nobody answers; a first packet is a connection.
        let probe = """
            import socket
            for _ in range(3):
                s = socket.socket()
                s.setblocking(False)
                s.connect_ex(('10.96.0.1', 80))
            """
        try await node.namespace.demand("python3", "-c", probe)
        #expect(try await metrics { $0[name] == 3 }[name] == 3)
        try await node.stop(daemon)
    }

    @Test("What the process takes up is what the kernel says of it")
    func process() async throws {
        let daemon = try await node.start()
        let values = try await metrics()
        let memory = values["process_resident_memory_bytes"] ?? 0
        #expect(memory > 4e6 && memory < 1e9)
        #expect((values["process_open_fds"] ?? 0) > 5 && (values["process_open_fds"] ?? 0) < 100)
        #expect((values["process_cpu_seconds_total"] ?? 0) > 0)
        let now = Double(WallClock.nanoseconds) / 1e9
        #expect(abs(now - (values["process_start_time_seconds"] ?? 0)) < 120)
        #expect(values.keys.contains { $0.hasPrefix("kubernetes_build_info{git_version=\"fairway-") })
        try await node.stop(daemon)
    }
}
