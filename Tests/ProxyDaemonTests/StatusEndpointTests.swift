import Glibc
import LinuxSystem
import TestAPIServer
import TestSupport
import Testing

/// What the real daemon says of itself, asked over real connections in its own namespace.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct StatusEndpointTests {
    private let node: ProxyNode

    init() async throws {
        node = try await ProxyNode()
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1"])])
    }

    private static func ownNode(taint: String? = nil) -> TestObject {
        let taints = taint.map { ",\"taints\":[{\"key\":\"\($0)\",\"effect\":\"NoSchedule\"}]" } ?? ""
        return TestObject(
            json: """
                {"apiVersion":"v1","kind":"Node","metadata":{"name":"here"},"spec":{"podCIDR":"10.244.0.0/24"\(taints)}}
                """)
    }

    private static func status(_ answer: String) -> String { String(answer.prefix { $0 != "\n" }) }

    @Test("The probes' answers have kube-proxy's heads and bodies, at all of the node's addresses and by any method")
    func contract() async throws {
        let daemon = try await node.start()
        let healthz = try await node.ask("/healthz", port: 10256)
        let time = #"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z"#
        let family = #"\{"lastUpdated":"\#(time)","healthy":true\}"#
        let body = { (more: String) in
            #"\{"lastUpdated":"\#(time)","currentTime":"\#(time)",\#(more)"healthy":true,"#
                + #""status":\{"IPv4":\#(family),"IPv6":\#(family)\}\}"#
        }
        let head = [
            "HTTP/1.1 200 OK", "Content-Type: application/json", "X-Content-Type-Options: nosniff", "Date: [^\n]+",
            "Content-Length: \\d+", "Connection: close", "", "",
        ].joined(separator: "\n")
        #expect(try healthz.wholeMatch(of: Regex(head + body(#""nodeEligible":true,"#))) != nil, "\(healthz)")
        let livez = try await node.ask("/livez", at: "::1", port: 10256)
        #expect(try livez.wholeMatch(of: Regex(head + body(""))) != nil, "\(livez)")
        #expect(try await node.ask("/healthz", port: 10256, "POST").hasPrefix("HTTP/1.1 200 OK\n"))
        #expect(try await node.ask("/healthz", port: 10256, "HEAD").hasSuffix("Connection: close\n\n"))
        let missing = try await node.ask("/metrics", port: 10256)
        #expect(missing.hasPrefix("HTTP/1.1 404 Not Found\nContent-Type: text/plain; charset=utf-8\n"), "\(missing)")
        #expect(missing.hasSuffix("\n\n404 page not found\n"))
        // Who is not on the node does not see what is for people.
        try await node.namespace.batch("address add 192.0.2.1/32 dev lo")
        #expect(try await node.ask("/metrics", at: "192.0.2.1", port: 10249) == "ConnectionRefusedError")
        #expect(try await node.ask("/healthz", at: "192.0.2.1", port: 10256).hasPrefix("HTTP/1.1 200 OK\n"))
        try await node.stop(daemon)
    }

    @Test("The autoscaler's taint makes /healthz say 503, and /livez 200; a Node that is gone is as it was last")
    func taint() async throws {
        try node.write("node.json", [Self.ownNode(taint: "ToBeDeletedByClusterAutoscaler")])
        let daemon = try await node.start()
        let healthz = try await node.ask("/healthz", port: 10256)
        #expect(Self.status(healthz) == "HTTP/1.1 503 Service Unavailable")
        #expect(healthz.contains(#""nodeEligible":false,"healthy":true"#), "\(healthz)")
        #expect(Self.status(try await node.ask("/livez", port: 10256)) == "HTTP/1.1 200 OK")
        try node.write("node.json", [Self.ownNode(taint: "node.kubernetes.io/not-ready")])
        let back = try await node.ask("/healthz", port: 10256) { $0.hasPrefix("HTTP/1.1 200") }
        #expect(back.contains(#""nodeEligible":true"#), "\(back)")
        try node.write("node.json", [])
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.2"])])
        try await node.waitForElements { $0.contains("10.244.0.2") }
        #expect(Self.status(try await node.ask("/healthz", port: 10256)) == "HTTP/1.1 200 OK")
        let metrics = try await node.ask("/metrics", port: 10249)
        #expect(metrics.contains("\nkubeproxy_proxy_healthz_total{code=\"503\"} 1\n"), "\(metrics)")
        #expect(metrics.contains("\nkubeproxy_proxy_livez_total{code=\"200\"} 1\n"), "\(metrics)")
        try await node.stop(daemon)
    }

    @Test("Twice the sync period after commits began to fail all probes say 503")
    func stalled() async throws {
        let daemon = try RunningProcess(
            "/usr/bin/env",
            [
                "strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=sendto", "-e",
                "inject=sendto:error=ENOBUFS:when=60+", node.program, "--iptables-sync-period=1s",
            ] + node.arguments, in: node.namespace)
        #expect(try await daemon.hasSaid(" watching"))
        #expect(Self.status(try await node.ask("/readyz", port: 10256)) == "HTTP/1.1 200 OK")
        for number in 2..<60 {
            try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.\(number)"])])
            try await Task.sleep(for: .milliseconds(20))
            if try daemon.errorSoFar().contains("will dump the tables and try again") { break }
        }
        let healthz = try await node.ask("/healthz", port: 10256) { $0.hasPrefix("HTTP/1.1 503") }
        #expect(healthz.contains(#""nodeEligible":true,"healthy":false"#), "\(healthz)")
        #expect(Self.status(try await node.ask("/livez", port: 10256)) == "HTTP/1.1 503 Service Unavailable")
        let readyz = try await node.ask("/readyz", port: 10256)
        #expect(readyz.hasPrefix("HTTP/1.1 503 ") && readyz.contains("No buffer space available"), "\(readyz)")
        let metrics = try await node.ask("/metrics", port: 10249)
        let failed = #/\nkubeproxy_sync_proxy_rules_nftables_sync_failures_total\{ip_family="IPv4"\} [1-9]/#
        #expect(metrics.contains(failed), "\(metrics)")
        #expect(metrics.contains("\nfairway_proxy_netlink_errors_total{error=\"No buffer space available\"} "))
        #expect(metrics.contains("\nkubeproxy_sync_proxy_rules_endpoint_changes_pending "))
        try await node.stop(daemon)
    }

    @Test("/readyz says 503 until everything of the start is in the kernel, and names what the node lacks")
    func readiness() async throws {
        // Nobody listens there.
        let arguments = ["--master", "http://127.0.0.1:9", "--node-name", "here"]
        let daemon = try node.run(arguments)
        #expect(try await daemon.hasSaid("no answer from the API server"))
        let readyz = try await node.ask("/readyz", port: 10256)
        #expect(Self.status(readyz) == "HTTP/1.1 503 Service Unavailable")
        #expect(readyz.contains("\nnot ready: the first sync is not in the kernel yet\n"), "\(readyz)")
        #expect(readyz.contains("br_netfilter") == !BridgeNetfilter.isPresent, "\(readyz)")
        // As kube-proxy has it: nothing is overdue.
        #expect(Self.status(try await node.ask("/livez", port: 10256)) == "HTTP/1.1 200 OK")
        try await node.stop(daemon)
        let other = try await node.start()
        #expect(Self.status(try await node.ask("/readyz", port: 10256)) == "HTTP/1.1 200 OK")
        try await node.stop(other)
    }

    @Test("What people ask for beside the metrics: the mode, the configuration, whether it lives")
    func inquiries() async throws {
        let daemon = try node.run(node.arguments + ["--cluster-cidr=10.244.0.0/16", "--masquerade-all=true", "-v=2"])
        #expect(try await daemon.hasSaid(" watching"))
        #expect(try await node.ask("/proxyMode", port: 10249).hasSuffix("\n\nnftables"))
        #expect(try await node.ask("/healthz", port: 10249).hasSuffix("\n\nok"))
        #expect(try await node.ask("/livez", port: 10249).hasPrefix("HTTP/1.1 404 "))
        let configz = try await node.ask("/configz", port: 10249)
        #expect(configz.contains("\nContent-Type: application/json\n"))
        for part in [
            #"{"kubeproxy.config.k8s.io":{"kind":"KubeProxyConfiguration","#, #""clusterCIDR":"10.244.0.0/16""#,
            #""nftables":{"masqueradeBit":14,"masqueradeAll":true,"syncPeriod":"30s","minSyncPeriod":"1s"}"#,
            #""oomScoreAdj":-999"#, #""verbosity":2"#,
        ] { #expect(configz.contains(part), "\(part) in \(configz)") }
        try await node.stop(daemon)
    }

    @Test("An address that somebody else has is tried again, or ends the daemon where it is told so")
    func takenAddress() async throws {
        let first = try await node.start()
        let other = try node.run(
            ["--manifests", "/", "--node-name", "x", "--healthz-bind-address", "127.0.0.1"])
        // The lock comes first.
        #expect(try await other.outcome(within: 10).errorOutput.contains("runs already"))
        try await node.stop(first)
        let squatter = try await node.occupy(10249, at: "127.0.0.1")
        let patient = try await node.start()
        #expect(try patient.errorSoFar().contains("cannot listen; tried again until it works"))
        #expect(try patient.errorSoFar().contains("127.0.0.1:10249"))
        try await node.stop(patient)
        let strict = try node.run(node.arguments + ["--bind-address-hard-fail"])
        let outcome = try await strict.outcome(within: 10)
        #expect(outcome.exitCode == 1)
        #expect(outcome.errorOutput.contains("--metrics-bind-address: cannot listen at 127.0.0.1:10249"))
        squatter.signal(SIGTERM)
        _ = try await squatter.outcome(within: 10)
        let silent = try node.run(node.arguments + ["--healthz-bind-address=", "--metrics-bind-address="])
        #expect(try await silent.hasSaid(" watching"))
        #expect(try await node.ask("/healthz", port: 10256) == "ConnectionRefusedError")
        #expect(try await node.ask("/metrics", port: 10249) == "ConnectionRefusedError")
        try await node.stop(silent)
    }
}
