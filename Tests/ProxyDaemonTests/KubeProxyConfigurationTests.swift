import FoundationEssentials
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// Configurations as people have them for kube-proxy, given to the real program.
@Suite struct KubeProxyConfigurationTests {
    private let program: String
    private let folder: String

    init() throws {
        program = try Programs.built("fairway-proxy", root: Programs.root(of: #filePath))
        folder = "/tmp/fairway-test-configuration-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    }

    /// As kubeadm writes it: every field, most of them with nothing in it.
    private static let kubeadm = """
        apiVersion: kubeproxy.config.k8s.io/v1alpha1
        bindAddress: 0.0.0.0
        bindAddressHardFail: false
        clientConnection:
          acceptContentTypes: ""
          burst: 0
          contentType: ""
          kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
          qps: 0
        clusterCIDR: 10.244.0.0/16
        configSyncPeriod: 0s
        conntrack:
          maxPerCore: null
          min: null
          tcpBeLiberal: false
          tcpCloseWaitTimeout: null
          tcpEstablishedTimeout: null
          udpStreamTimeout: 0s
          udpTimeout: 0s
        detectLocal:
          bridgeInterface: ""
          interfaceNamePrefix: ""
        detectLocalMode: ""
        enableProfiling: false
        healthzBindAddress: ""
        hostnameOverride: ""
        iptables:
          localhostNodePorts: null
          masqueradeAll: false
          masqueradeBit: null
          minSyncPeriod: 0s
          syncPeriod: 0s
        ipvs:
          excludeCIDRs: null
          minSyncPeriod: 0s
          scheduler: ""
          strictARP: false
          syncPeriod: 0s
          tcpFinTimeout: 0s
          tcpTimeout: 0s
          udpTimeout: 0s
        kind: KubeProxyConfiguration
        logging:
          flushFrequency: 0
          options:
            json:
              infoBufferSize: "0"
            text:
              infoBufferSize: "0"
          verbosity: 0
        metricsBindAddress: ""
        mode: ""
        nftables:
          masqueradeAll: false
          masqueradeBit: null
          minSyncPeriod: 0s
          syncPeriod: 0s
        nodePortAddresses: null
        oomScoreAdj: null
        portRange: ""
        showHiddenMetricsForVersion: ""
        winkernel:
          enableDSR: false
          forwardHealthCheckVip: false
          networkName: ""
          rootHnsEndpointName: ""
          sourceVip: ""

        """

    /// As kind writes it: a few fields, none of which may need rights that a node in a container has not.
    private static let kind = """
        apiVersion: kubeproxy.config.k8s.io/v1alpha1
        kind: KubeProxyConfiguration
        mode: "iptables"
        clusterCIDR: "10.244.0.0/16,fd00:10:244::/56"
        iptables: {minSyncPeriod: 1s, masqueradeAll: true, masqueradeBit: 20}
        conntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}

        """

    private func file(_ name: String, _ text: String) throws -> String {
        let path = "\(folder)/\(name)"
        try FileDescriptor.open(path + ".new", O_CREAT | O_WRONLY | O_TRUNC, mode: 0o644).writeAll(text.utf8)
        guard unsafe rename(path + ".new", path) == 0 else { throw SystemError("rename \(path)", .current) }
        return path
    }

    private func run(_ arguments: [String]) async throws -> ProcessOutcome {
        try await RunningProcess(program, arguments).outcome(within: 20)
    }

    private func removeFolder() { try? FileManager.default.removeItem(atPath: folder) }

    @Test("check-config reads a ConfigMap and says what takes effect and what a move changes")
    func report() async throws {
        defer { removeFolder() }
        let indented = Self.kubeadm.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        let map = try file(
            "map.yaml",
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: kube-proxy, namespace: kube-system}
            data:
              config.conf: |-
            \(indented)
              kubeconfig.conf: "apiVersion: v1"

            """)
        let outcome = try await run(["check-config", map])
        #expect(outcome.exitCode == 0, "\(outcome.errorOutput)")
        let applied = """
            Takes effect:
              clientConnection.kubeconfig: "/var/lib/kube-proxy/kubeconfig.conf"
              clusterCIDR: "10.244.0.0/16"
            """
        #expect(outcome.output.contains(applied), "\(outcome.output)")
        for part in [
            "node ports: on the node's primary addresses only", "node ports: no longer on 127.0.0.1",
            "ports of a cluster IP that its Service does not declare: refused", "addresses of a ServiceCIDR",
            "mode iptables: nftables runs in its place",
        ] { #expect(outcome.output.contains(part), "\(part) in \(outcome.output)") }
        // What is as good as nothing is not told of, but for the addresses that kube-proxy takes from there.
        #expect(!outcome.output.contains("masqueradeAll") && !outcome.output.contains("winkernel"))
        let nftables = try file("nft.yaml", Self.kind.replacing("\"iptables\"", with: "nftables"))
        let other = try await run(["check-config", nftables])
        #expect(!other.output.contains("node ports:") && other.output.contains("a reset"), "\(other.output)")
    }

    @Test("What the block of the file's own mode says counts where nftables' does not, and what is unknown is named")
    func otherMode() async throws {
        defer { removeFolder() }
        let path = try file("kind.yaml", Self.kind + "frobnicate: 1\nnftables: {masqueradeBitt: 3}\n")
        let outcome = try await run(["check-config", path])
        for part in [
            "nftables.masqueradeAll: true", "nftables.masqueradeBit: 20",
            "iptables.masqueradeBit 20 counts as nftables.masqueradeBit", "frobnicate", "nftables.masqueradeBitt",
            "conntrack.maxPerCore: 0", "conntrack.tcpEstablishedTimeout: \"0s\"",
        ] { #expect(outcome.output.contains(part), "\(part) in \(outcome.output)") }
        #expect(outcome.exitCode == 0)
    }

    @Test(
        "What cannot be used is named with its file and its field",
        arguments: [
            ("clusterCIDR: 10.244.1.0/16", "clusterCIDR: 10.244.1.0/16 has host bits set"),
            ("conntrack: {maxPerCore: many}", "conntrack.maxPerCore: \"many\" is not a number"),
            ("conntrack: 7", "conntrack: a number is not a mapping"),
            ("iptables: {syncPeriod: 5}", "iptables.syncPeriod: 5 is not a duration such as 30s"),
            ("mode: userspace", "mode: \"userspace\" is no mode"),
            ("nodePortAddresses: [10.0.0.1]", "nodePortAddresses: \"10.0.0.1\" is no network"),
            ("detectLocalMode: BridgeInterface", "detectLocalMode BridgeInterface needs detectLocal.bridgeInterface"),
            ("healthzBindAddress: nowhere", "healthzBindAddress: \"nowhere\" is no address"),
            ("metricsBindAddress: 127.0.0.1:0", "metricsBindAddress: \"127.0.0.1:0\" does not end in a port"),
            ("oomScoreAdj: 2000", "oomScoreAdj: 2000 is not from -1000 to 1000"),
            ("nftables: {masqueradeBit: 40}", "nftables.masqueradeBit: 40 is no bit"),
            ("mode: [", "did not find expected"),
        ])
    func wrong(line: String, complaint: String) async throws {
        defer { removeFolder() }
        let head = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
        let path = try file("wrong.yaml", head + line + "\n")
        for arguments in [["check-config", path], ["--config", path, "--manifests", "/"]] {
            let outcome = try await run(arguments)
            #expect(outcome.exitCode != 0)
            #expect(outcome.errorOutput.contains("\(path): "), "\(outcome.errorOutput)")
            #expect(outcome.errorOutput.contains(complaint), "\(outcome.errorOutput)")
        }
        let other = try file("other.yaml", "apiVersion: kubeproxy.config.k8s.io/v1\nkind: KubeProxyConfiguration\n")
        #expect(try await run(["--config", other]).errorOutput.contains("apiVersion kubeproxy.config.k8s.io/v1 and"))
        #expect(try await run(["--config", "\(folder)/none"]).errorOutput.contains("--config: open \(folder)/none"))
    }

    @Test("--write-config-to writes what flags say, which read again says the same")
    func writing() async throws {
        defer { removeFolder() }
        let (first, second) = ("\(folder)/first.yaml", "\(folder)/second.yaml")
        let flags = [
            "--cluster-cidr", "10.244.0.0/16,fd00::/48", "--masquerade-all=true", "--conntrack-max-per-core=0",
            "--nodeport-addresses=10.0.0.0/8,192.0.2.0/24", "--ipvs-scheduler=rr", "--feature-gates=A=true,B=false",
            "--kube-api-qps", "50", "-v=4", "--oom-score-adj=-998", "--conntrack-tcp-be-liberal=false",
        ]
        #expect(try await run(flags + ["--write-config-to", first]).exitCode == 0)
        #expect(try await run(["--config", first, "--write-config-to", second]).exitCode == 0)
        let text = try String(contentsOfFile: first, encoding: .utf8)
        #expect(try String(contentsOfFile: second, encoding: .utf8) == text)
        for part in [
            "kind: \"KubeProxyConfiguration\"", "clusterCIDR: \"10.244.0.0/16,fd00::/48\"", "maxPerCore: 0",
            "- \"192.0.2.0/24\"", "scheduler: \"rr\"", "  B: false", "qps: 50", "verbosity: 4", "oomScoreAdj: -998",
            "tcpBeLiberal: false", "tcpEstablishedTimeout: \"24h0m0s\"", "healthzBindAddress: \"0.0.0.0:10256\"",
        ] { #expect(text.contains(part), "\(part) in \(text)") }
        #expect(try await run(["--write-config-to", "/nowhere/at/all"]).errorOutput.contains("--write-config-to: "))
    }

    @Test("A change of the file ends the daemon, so that it is started anew; one that cannot be used does not")
    func change() async throws {
        defer { removeFolder() }
        guard Root.isAvailable else { return }
        let node = try await ProxyNode()
        try node.write("a.json", [.service("a", "10.96.0.1"), .slice("a", ["10.244.0.1"])])
        let path = try file("config.yaml", Self.kind)
        let daemon = try node.run(node.arguments + ["--config", path, "--cluster-cidr=10.9.0.0/16"])
        #expect(try await daemon.hasSaid(" watching"))
        let said = try daemon.errorSoFar()
        #expect(said.contains("there is no mode iptables: nftables runs in its place"), "\(said)")
        #expect(said.contains("--cluster-cidr has no effect beside --config"), "\(said)")
        #expect(said.contains("iptables.masqueradeBit 20 counts as nftables.masqueradeBit"), "\(said)")
        let table = try await node.namespace.demand("nft", "list", "table", "ip", "fairway")
        #expect(table.contains("10.244.0.0/16") && table.contains("0x00100000"), "\(table)")
        _ = try file("config.yaml", Self.kind + "clusterCIDR: 7\n")
        #expect(try await daemon.hasSaid("the configuration file has changed and cannot be used"))
        _ = try file("config.yaml", Self.kind.replacing("20}", with: "21}"))
        let outcome = try await daemon.outcome(within: 10)
        #expect(outcome.exitCode == 0 && outcome.errorOutput.contains("has changed: ends, to be started anew"))
        // As before: what a daemon leaves goes on.
        #expect(try await node.elements().contains("10.244.0.1 . 8080"))
    }

    @Test("Flags of kube-proxy's that mean nothing here are accepted, and named with the reason")
    func idleFlags() async throws {
        defer { removeFolder() }
        guard Root.isAvailable else { return }
        let node = try await ProxyNode()
        let flags = [
            "--iptables-min-sync-period=1s", "--ipvs-strict-arp", "--logtostderr=true", "--profiling=false",
            "--config-sync-period", "15m", "--stderrthreshold", "2", "--proxy-mode=ipvs",
        ]
        let daemon = try node.run(node.arguments + flags)
        #expect(try await daemon.hasSaid(" watching"))
        let said = try daemon.errorSoFar()
        for part in [
            "--iptables-min-sync-period has no effect: every change is committed at once",
            "--ipvs-strict-arp has no effect: there is no ipvs mode", "--logtostderr has no effect",
            "--stderrthreshold has no effect",
            "--config-sync-period has no effect", "there is no mode ipvs",
        ] { #expect(said.contains(part), "\(part) in \(said)") }
        try await node.stop(daemon)
        let unknown = try await run(["--iptables-frobnicate=1", "--manifests", "/"])
        #expect(unknown.errorOutput.contains("Unknown option '--iptables-frobnicate'"))
    }

    @Test("--init-only sets what needs more rights, and makes no tables; lines of the log may be JSON")
    func initOnly() async throws {
        defer { removeFolder() }
        guard Root.isAvailable else { return }
        let node = try await ProxyNode()
        let daemon = try node.run(["--init-only", "--conntrack-tcp-timeout-close-wait=77m", "--logging-format=json"])
        let outcome = try await daemon.outcome(within: 20)
        #expect(outcome.exitCode == 0, "\(outcome.errorOutput)")
        let path = "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close_wait"
        #expect(try await node.namespace.demand("cat", path) == "4620\n")
        #expect(try await node.namespace.demand("nft", "list", "tables") == "")
        let line = try #require(outcome.errorOutput.split(separator: "\n").first { $0.contains("close_wait") })
        let time = #/\{"ts":"\d{4}-[^"]+Z","level":"info","logger":"fairway-proxy","source":"ProxyDaemon",/#
        #expect(line.starts(with: time) && line.contains(#""value":"4620""#) && line.hasSuffix("}"), "\(line)")
    }
}
