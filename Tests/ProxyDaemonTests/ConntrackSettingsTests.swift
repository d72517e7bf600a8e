import ProxyDaemon
import TestSupport
import Testing

@Suite struct ConntrackSettingsTests {
    private func wanted(_ change: (inout ConntrackSettings) -> Void = { _ in }, cpus: Int = 2) -> [String] {
        var settings = ConntrackSettings()
        change(&settings)
        return settings.parameters(cpus: cpus).map { "\($0.name)=\($0.value)" }
    }

    @Test("What kube-proxy sets where nobody says otherwise")
    func defaults() {
        #expect(
            wanted() == [
                "nf_conntrack_max=131072", "nf_conntrack_tcp_timeout_established=86400",
                "nf_conntrack_tcp_timeout_close_wait=3600",
            ])
        #expect(wanted(cpus: 8)[0] == "nf_conntrack_max=262144")
        #expect(wanted(cpus: 4096)[0] == "nf_conntrack_max=1048576")
    }

    @Test("0 leaves a parameter alone, and the rest is set as it is said")
    func others() {
        let none = wanted {
            $0.maxPerCore = 0
            $0.tcpTimeoutEstablished = 0
            $0.tcpTimeoutCloseWait = 0
        }
        #expect(none == [])
        let all = wanted {
            $0.maxPerCore = .max
            $0.udpTimeout = 10
            $0.udpTimeoutStream = 100
            $0.tcpBeLiberal = true
        }
        #expect(all.first == "nf_conntrack_max=1048576")
        #expect(
            all.suffix(3) == [
                "nf_conntrack_udp_timeout=10", "nf_conntrack_udp_timeout_stream=100", "nf_conntrack_tcp_be_liberal=1",
            ])
    }
}

/// The parameters of a namespace, set by the real daemon.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct ConntrackParameterTests {
    private func value(_ node: ProxyNode, _ name: String) async throws -> String {
        try await node.namespace.demand("sysctl", "-n", "net.netfilter.\(name)").filter { $0 != "\n" }
    }

    @Test("Times are set, in the namespace alone, and what can only be read there is a warning")
    func parameters() async throws {
        let node = try await ProxyNode()
        let other = try await ProxyNode()
        let before = try await value(other, "nf_conntrack_udp_timeout")
        let daemon = try node.run(
            node.arguments + [
                "--conntrack-tcp-timeout-established", "1h30m", "--conntrack-tcp-timeout-close-wait", "90s",
                "--conntrack-udp-timeout", "0h0m41.9s", "--conntrack-udp-timeout-stream", "0",
                "--conntrack-tcp-be-liberal", "--conntrack-max-per-core", "1000000",
            ])
        #expect(try await daemon.hasSaid(" watching"))
        #expect(try await value(node, "nf_conntrack_tcp_timeout_established") == "5400")
        #expect(try await value(node, "nf_conntrack_tcp_timeout_close_wait") == "90")
        #expect(try await value(node, "nf_conntrack_udp_timeout") == "41")
        #expect(try await value(node, "nf_conntrack_tcp_be_liberal") == "1")
        #expect(try await value(other, "nf_conntrack_udp_timeout") == before)
        #expect(try await !node.namespace.demand("nft", "list", "ruleset").contains("ct state invalid"))
        try await node.stop(daemon)
        let said = try daemon.errorSoFar()
        // Where the machine's limit is larger already, it stays without a word.
        if let limit = Int(try await value(other, "nf_conntrack_max")), limit < 1_048_576 {
            #expect(
                said.contains("a parameter of the kernel stays as it is") && said.contains("nf_conntrack_max"),
                "\(said)")
        }
    }

    @Test(
        "A time that is none is refused with its option",
        arguments: ["5", "1x", "-1h", "h", "1..2s", "999999999999h", ""])
    func badTimes(text: String) async throws {
        let node = try await ProxyNode()
        let outcome = try await node.run(node.arguments + ["--conntrack-udp-timeout=\(text)"]).outcome(within: 5)
        #expect(
            outcome.exitCode == 64 && outcome.errorOutput.contains("--conntrack-udp-timeout"), "\(outcome.errorOutput)")
    }
}
