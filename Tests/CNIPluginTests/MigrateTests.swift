import CNIPlugin
import CNIProtocol
import Glibc
import JSON
import LinuxSystem
import TestSupport
import Testing

@Suite struct MigrateTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    /// What podman installs as 87-podman-bridge.conflist.
    static let podman = """
        {"cniVersion":"0.4.0","name":"podman","plugins":[{"type":"bridge","bridge":"cni-podman0","isGateway":true,\
        "ipMasq":true,"hairpinMode":true,"ipam":{"type":"host-local","routes":[{"dst":"0.0.0.0/0"}],\
        "ranges":[[{"subnet":"10.88.0.0/16","gateway":"10.88.0.1"}]]}},\
        {"type":"portmap","capabilities":{"portMappings":true}},{"type":"firewall"},{"type":"tuning"}]}
        """

    /// The 10-containerd-net.conflist that the guides of containerd and Kubernetes give.
    static let containerd = """
        {"cniVersion":"1.0.0","name":"containerd-net","plugins":[{"type":"bridge","bridge":"cni0","isGateway":true,\
        "ipMasq":true,"promiscMode":true,"ipam":{"type":"host-local","ranges":[[{"subnet":"10.88.0.0/16"}],\
        [{"subnet":"2001:db8:4860::/64"}]],"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]}},\
        {"type":"portmap","capabilities":{"portMappings":true},"externalSetMarkChain":"KUBE-MARK-MASQ"}]}
        """

    /// A kubelet's network of old, with a key that no plugin reads, and both chained plugins.
    static let kubenet = """
        {"cniVersion":"0.3.1","name":"kubenet","disableCheck":true,"plugins":[{"type":"bridge","bridge":"cbr0","mtu":1500,\
        "addIf":"eth0","isGateway":true,"ipMasq":false,"promiscMode":true,"hairpinMode":false,"capabilities":{"mac":true},\
        "ipam":{"type":"host-local","ranges":[[{"subnet":"10.244.2.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]}},\
        {"type":"portmap","capabilities":{"portMappings":true},"snat":false,"markMasqBit":7},\
        {"type":"bandwidth","capabilities":{"bandwidth":true},"ingressRate":8000,"ingressBurst":9000}]}
        """

    @Test("podman's network: port mappings move in, firewall and tuning stay, bridge's defaults are spelt out")
    func podmanNetwork() throws {
        let migrated = try MigratedConfiguration(try parse(Self.podman))
        #expect(
            migrated.list.serialized == """
                {"cniVersion":"0.4.0","name":"podman","plugins":[{"type":"fairway","bridge":"cni-podman0","isGateway":true,\
                "ipMasq":true,"hairpinMode":true,"ipam":{"type":"host-local","routes":[{"dst":"0.0.0.0/0"}],\
                "ranges":[[{"subnet":"10.88.0.0/16","gateway":"10.88.0.1"}]]},"isDefaultGateway":false,\
                "capabilities":{"portMappings":true},"loopbackHostPorts":true},{"type":"firewall"},{"type":"tuning"}]}
                """)
        for words in [
            "loopbackHostPorts true is written out", "code 105",
            "plugins[1] (portmap) is now part of fairway", "plugins[2] (firewall) stays", "plugins[3] (tuning) stays",
            "isDefaultGateway false is written out", "cniVersion stays 0.4.0", "br_netfilter",
        ] {
            #expect(migrated.remarks.contains { $0.contains(words) }, "\(words)")
        }
        #expect(migrated.remarks.count == 8)
    }

    @Test("containerd's network: the chain of marks is left out, because fairway has no use for it")
    func containerdNetwork() throws {
        let migrated = try MigratedConfiguration(try parse(Self.containerd))
        #expect(
            migrated.list.serialized == """
                {"cniVersion":"1.0.0","name":"containerd-net","plugins":[{"type":"fairway","bridge":"cni0","isGateway":true,\
                "ipMasq":true,"promiscMode":true,"ipam":{"type":"host-local","ranges":[[{"subnet":"10.88.0.0/16"}],\
                [{"subnet":"2001:db8:4860::/64"}]],"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]},"isDefaultGateway":false,\
                "hairpinMode":false,"capabilities":{"portMappings":true},"loopbackHostPorts":true}]}
                """)
        #expect(migrated.remarks.contains { $0.contains("plugins[1].externalSetMarkChain is left out") })
    }

    @Test("kubenet's network: the keys of both chained plugins move in, capabilities are joined, the rest is kept")
    func kubenetNetwork() throws {
        let migrated = try MigratedConfiguration(try parse(Self.kubenet))
        #expect(
            migrated.list.serialized == """
                {"cniVersion":"0.3.1","name":"kubenet","disableCheck":true,"plugins":[{"type":"fairway","bridge":"cbr0",\
                "mtu":1500,"addIf":"eth0","isGateway":true,"ipMasq":false,"promiscMode":true,"hairpinMode":false,\
                "capabilities":{"mac":true,"portMappings":true,"bandwidth":true},\
                "ipam":{"type":"host-local","ranges":[[{"subnet":"10.244.2.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]},\
                "isDefaultGateway":false,"snat":false,"markMasqBit":7,"ingressRate":8000,"ingressBurst":9000}]}
                """)
    }

    @Test(
        "A single configuration becomes a list; isDefaultGateway implies isGateway; ipam without type means no addresses"
    )
    func single() throws {
        let text =
            #"{"name":"n","type":"bridge","isDefaultGateway":true,"hairpinMode":null,"ipam":{},"cniVersion":"1.1.0"}"#
        let migrated = try MigratedConfiguration(try parse(text))
        #expect(
            migrated.list.serialized
                == #"{"cniVersion":"1.1.0","name":"n","plugins":[{"type":"fairway","isDefaultGateway":true,"hairpinMode":false}]}"#
        )
        #expect(migrated.remarks.contains { $0.contains("must end in .conflist") })
        #expect(!migrated.remarks.contains { $0.contains("cniVersion stays") })
    }

    @Test(
        "An entry that cannot be taken in stays, with the reason",
        arguments: [
            (#"{"type":"portmap","conditionsV4":["-s","10.0.0.0/8"]}"#, "conditionsV4 and conditionsV6"),
            (#"{"type":"portmap","snat":false}"#, "snat is a key of bridge's entry too"),
        ])
    func staying(entry: String, reason: String) throws {
        let text = #"{"cniVersion":"1.1.0","name":"n","plugins":[{"type":"bridge","snat":true},\#(entry)]}"#
        let migrated = try MigratedConfiguration(try parse(text))
        #expect(migrated.list.serialized.hasSuffix(",\(entry)]}"))
        #expect(
            migrated.remarks.contains { $0.hasPrefix("plugins[1] (portmap) stays as it is") && $0.contains(reason) })
    }

    @Test("Keys of bridge's in an entry that ignores them are left out, and loopback stays in front")
    func strangeKeys() throws {
        let text = #"""
            {"cniVersion":"1.1.0","name":"n","plugins":[{"type":"loopback"},{"type":"bridge","mtu":1500,"isGateway":true,\#
            "isDefaultGateway":true,"hairpinMode":true},{"type":"portmap","mtu":1280,"ipMasq":true,"snat":false,"vendor":1}]}
            """#
        let migrated = try MigratedConfiguration(try parse(text))
        #expect(
            migrated.list.serialized == #"""
                {"cniVersion":"1.1.0","name":"n","plugins":[{"type":"loopback"},{"type":"fairway","mtu":1500,"isGateway":true,\#
                "isDefaultGateway":true,"hairpinMode":true,"snat":false,"vendor":1}]}
                """#)
        for sentence in ["plugins[2].mtu is left out", "plugins[2].ipMasq is left out", "plugins[2].vendor is unknown"]
        {
            #expect(migrated.remarks.contains { $0.contains(sentence) }, "\(migrated.remarks)")
        }
    }

    @Test(
        "What cannot be carried over is an error that says why",
        arguments: [
            (#"{"name":"n","plugins":[{"type":"ptp"}]}"#, "types [ptp]"),
            (#"{"name":"n","plugins":[{"type":"tuning"},{"type":"bridge"}]}"#, "types [tuning, bridge]"),
            (#"{"name":"n","plugins":[{"type":"bridge"},{"type":"bridge"}]}"#, "types [bridge, bridge]"),
            (#"{"name":"n","plugins":[]}"#, "types []"), (#"{"name":"n","type":"fairway"}"#, "type fairway already"),
            (#"{"name":"n"}"#, "types []"), (#"{"name":"n","plugins":{}}"#, "plugins: {} is an object"),
            (#"{"cniVersion":"7","name":"n","plugins":[{"type":"bridge"}]}"#, #"config is "7""#), ("[]", "a list"),
            (
                #"{"name":"n","plugins":[{"type":"bridge","hairpinMode":null,"isDefaultGateway":1}]}"#,
                "isDefaultGateway"
            ),
        ])
    func impossible(text: String, words: String) throws {
        let error = #expect(throws: CNIError.self) { try MigratedConfiguration(try parse(text)) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test("The command prints the list on standard output, indented, and what it did on standard error")
    func command() async throws {
        let plugin = try Programs.built("fairway", root: Programs.root(of: #filePath))
        let outcome = try await RunningProcess(plugin, ["migrate", "-"], input: Self.podman).outcome()
        #expect(outcome.exitCode == 0, "\(outcome.errorOutput)")
        #expect(try parse(outcome.output) == MigratedConfiguration(try parse(Self.podman)).list)
        #expect(
            outcome.output.hasPrefix(
                "{\n  \"cniVersion\": \"0.4.0\",\n  \"name\": \"podman\",\n  \"plugins\": [\n    {\n"))
        #expect(outcome.output.hasSuffix("\n  ]\n}\n"))
        #expect(outcome.errorOutput.contains("plugins[1] (portmap) is now part of fairway\n"))
        let path = "/tmp/fairway-test-migrate-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).conflist"
        let file = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL)
        defer { unsafe unlink(path) }
        try file.writeAll(Array(Self.podman.utf8))
        #expect(try await RunningProcess(plugin, ["migrate", path]).outcome().output == outcome.output)
    }

    @Test(
        "When it cannot be done, the exit code is 1 and standard output is empty",
        arguments: [
            (["migrate", "-"], "{", "it is not JSON"), (["migrate", "/nowhere"], "", "/nowhere"),
            (["migrate"], "", "usage: fairway migrate"), (["migrate", "--what"], "", "usage: fairway migrate"),
            (["migrate", "-"], #"{"cniVersion":"1.1.0","plugins":[{"type":"bridge"}]}"#, "missing network name"),
            (
                ["migrate", "-"],
                #"{"cniVersion":"1.1.0","name":"n","plugins":[{"type":"bridge","mtu":1}]}"#, "invalid mtu: 1"
            ),
        ])
    func failures(arguments: [String], input: String, words: String) async throws {
        let plugin = try Programs.built("fairway", root: Programs.root(of: #filePath))
        let outcome = try await RunningProcess(plugin, arguments, input: input).outcome()
        #expect(outcome.exitCode == 1)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errorOutput.contains(words), "\(outcome.errorOutput)")
        let help = try await RunningProcess(plugin, ["migrate", "--help"]).outcome()
        #expect(help.exitCode == 0 && help.output.hasPrefix("usage: fairway migrate CONFLIST"))
    }
}
