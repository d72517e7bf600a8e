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
            (["--log-level", "info"], "no source of objects"), (["--config", "/x"], "Unknown option '--config'"),
            (["clean"], "Unexpected argument 'clean'"), (["run", "clean"], "Unexpected argument 'clean'"),
        ])
    func wrongCommand(arguments: [String], complaint: String) async throws {
        let program = try Programs.built("fairway-proxy", root: Programs.root(of: #filePath))
        let outcome = try await RunningProcess(program, arguments).outcome(within: 10)
        #expect(outcome.exitCode == 64 && outcome.errorOutput.contains(complaint), "\(outcome)")
    }
}
