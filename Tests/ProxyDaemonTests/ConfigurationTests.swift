import NetworkTypes
import ProxyDaemon
import TestSupport
import Testing

@Suite struct ConfigurationTests {
    @Test("Cluster networks of both families, with spaces as people write them")
    func networks() throws {
        let cidrs = try Networks.parse("10.244.0.0/16, fd00:10:244::/48", option: "--cluster-cidr")
        #expect(cidrs.map(\.description) == ["10.244.0.0/16", "fd00:10:244::/48"])
    }

    @Test(
        "A bad network is named, with the cure",
        arguments: [
            ("10.244.0.0", "\"10.244.0.0\" is no network"), ("", "\"\" is no network"),
            ("10.244.0.0/16,", "\"\" is no network"), ("10.244.1.0/16", "did you mean 10.244.0.0/16?"),
            ("10.244.0.0/33", "\"10.244.0.0/33\" is no network"),
        ])
    func badNetworks(text: String, complaint: String) {
        let error = #expect(throws: ConfigurationError.self) { try Networks.parse(text, option: "--cluster-cidr") }
        #expect(error?.description.contains(complaint) == true)
        #expect(error?.description.hasPrefix("--cluster-cidr: ") == true)
    }

    @Test(
        "An option that cannot be used is named, with the cure",
        arguments: [
            (["--masquerade-bit", "32"], "--masquerade-bit: 32 is no bit of the mark; give 0 to 31"),
            (["--iptables-masquerade-bit", "99"], "--masquerade-bit: 99 is no bit"),
            (["--detect-local-mode", "BridgeInterface"], "BridgeInterface needs --pod-bridge-interface"),
            (["--detect-local-mode", "InterfaceNamePrefix"], "InterfaceNamePrefix needs --pod-interface-name-prefix"),
            (
                ["--detect-local-mode", "BridgeInterface", "--pod-bridge-interface", "a b"],
                "--pod-bridge-interface: \"a b\" is no interface's name"
            ),
            (["--detect-local-mode", "Nothing"], "ClusterCIDR"),
            (["--nodeport-addresses", "10.0.0.1/8"], "--nodeport-addresses: 10.0.0.1/8 has host bits set"),
            (["--node-name", ""], "--node-name: \"\" is not a node's name"),
            (["--node-name", "node 1"], "--node-name: \"node 1\" is not a node's name"),
            (["--service-cidr", "x"], "--service-cidr: \"x\" is no network"),
            (["--allocate"], "--allocate needs --service-cidr"),
            (
                ["--allocate", "--service-cidr", "10.96.0.0/16,10.96.1.0/24"],
                "--service-cidr: 10.96.1.0/24 and 10.96.0.0/16 of --service-cidr share addresses"
            ),
            (
                ["--service-cidr", "10.96.0.0/16", "--allocate-load-balancer", "10.96.9.0/24"],
                "--allocate-load-balancer: 10.96.9.0/24 and 10.96.0.0/16 of --service-cidr share addresses"
            ),
            (["--allocate-load-balancer", "192.0.2.1/24"], "--allocate-load-balancer: 192.0.2.1/24 has host bits set"),
            (
                ["--allocate", "--service-cidr", "10.96.0.0/16", "--service-node-port-range", "32767-30000"],
                "--service-node-port-range: \"32767-30000\" is no range of ports such as 30000-32767"
            ),
            (
                ["--allocate-load-balancer", "192.0.2.0/24", "--allocation-state", "a"],
                "--allocation-state: \"a\" is no absolute path"
            ),
        ])
    func badOptions(arguments: [String], complaint: String) async throws {
        let program = try Programs.built("fairway-proxy", root: Programs.root(of: #filePath))
        let outcome = try await RunningProcess(program, ["--manifests", "/"] + arguments).outcome(within: 10)
        #expect(outcome.exitCode != 0)
        #expect(outcome.errorOutput.contains(complaint), "\(outcome.errorOutput)")
    }

    @Test(
        "What is wrong with a command line is said, and not what else may be missing",
        arguments: [
            ([], "no source of objects: --manifests DIR names the folder"),
            (["--log-level", "info"], "no source of objects"),
            (["clean"], "Unexpected argument 'clean'"), (["run", "clean"], "Unexpected argument 'clean'"),
        ])
    func wrongCommand(arguments: [String], complaint: String) async throws {
        let program = try Programs.built("fairway-proxy", root: Programs.root(of: #filePath))
        let outcome = try await RunningProcess(program, arguments).outcome(within: 10)
        #expect(outcome.exitCode == 64 && outcome.errorOutput.contains(complaint), "\(outcome)")
    }
}
