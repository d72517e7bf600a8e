import CNIProtocol
import TestSupport
import Testing

/// What the specification demands of every execution before a verb begins, in each version.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct VersionGateTests {
    /// The verbs that a version has, besides VERSION.
    private func verbs(_ version: SpecVersion) -> [CNICommand] {
        CNICommand.allCases.filter { $0 != .version && version >= $0.firstVersion }
    }

    /// Runs a verb with these variables besides CNI_COMMAND, and nothing else in the environment.
    private func run(
        _ command: String, _ variables: [String: String], _ input: String, on node: PluginNode
    ) async throws -> ProcessOutcome {
        try await RunningProcess(
            node.plugin, environment: variables.merging(["CNI_COMMAND": command]) { old, _ in old }, input: input,
            in: node.namespace
        ).outcome()
    }

    /// An error on standard output, in the configuration's version, and no other word anywhere.
    private func demandError(
        _ outcome: ProcessOutcome, _ code: Int, _ message: String, _ version: SpecVersion?,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let error = try ErrorOutcome(outcome)
        #expect(error.exitCode == 1, sourceLocation: location)
        #expect(error.code == code, "\(error.message): \(error.details)", sourceLocation: location)
        #expect(error.message == message, sourceLocation: location)
        #expect(error.version == (version ?? .newest).rawValue, sourceLocation: location)
        #expect(outcome.errorOutput.isEmpty, sourceLocation: location)
    }

    private func complete(_ pod: String) -> [String: String] {
        [
            "CNI_CONTAINERID": "some-container-id", "CNI_NETNS": pod, "CNI_IFNAME": "eth0",
            "CNI_ARGS": "IgnoreUnknown=1",
            "CNI_PATH": "/some/cni/path",
        ]
    }

    @Test(
        "A required variable that is missing or empty is named, alone or all together", arguments: SpecVersion.allCases)
    func missingVariables(version: SpecVersion) async throws {
        let node = try PluginNode()
        let configuration = node.configuration(version: version.rawValue)
        let required = [
            CNICommand.add: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"],
            .check: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"], .del: ["CNI_CONTAINERID", "CNI_IFNAME"],
        ]
        for command in verbs(version) {
            for missing in (required[command] ?? []).map({ [$0] }) + [required[command] ?? []] where !missing.isEmpty {
                var variables = complete("/some/netns/path")
                for name in missing { variables[name] = missing.count == 1 ? nil : "" }
                let message = "required env variables [\(missing.joined(separator: ","))] missing"
                try demandError(
                    try await run(command.rawValue, variables, configuration, on: node), 4, message, version)
            }
        }
        #expect(try node.linkNames().isEmpty && node.leases().isEmpty)
    }

    @Test("A variable that a verb does not need may be missing", arguments: SpecVersion.allCases)
    func optionalVariables(version: SpecVersion) async throws {
        let node = try PluginNode()
        let configuration = node.configuration(version: version.rawValue)
        let pod = try node.makePod()
        let needed = ["CNI_CONTAINERID": "c1", "CNI_NETNS": pod.path, "CNI_IFNAME": "eth0"]
        let added = try await run("ADD", needed, configuration, on: node)
        #expect(added.exitCode == 0, "\(added.output)")
        if version >= .v0_4_0 {
            let previous = try AddOutcome(added.output).previous(configuration)
            #expect(try await run("CHECK", needed, previous, on: node).output.isEmpty)
        }
        if version >= .v1_1_0 {
            #expect(try await run("STATUS", [:], configuration, on: node).output.isEmpty)
        }
        let deleted = try await run("DEL", ["CNI_CONTAINERID": "c1", "CNI_IFNAME": "eth0"], configuration, on: node)
        #expect(deleted.exitCode == 0 && deleted.output.isEmpty)
        if version >= .v1_1_0 { #expect(try await run("GC", [:], configuration, on: node).output.isEmpty) }
    }

    @Test(
        "A container id or an interface name that is none is refused before anything happens",
        arguments: SpecVersion.allCases)
    func invalidNames(version: SpecVersion) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = node.configuration(version: version.rawValue)
        for command in verbs(version) where [.add, .check, .del].contains(command) {
            for (name, values) in [
                ("CNI_CONTAINERID", ["some-%%container-id", ".hidden", "-x", "a/b", "..", "a b", "\u{e9}"]),
                ("CNI_IFNAME", ["1234567890123456", ".", "..", "test/test", "test:test", "test test", "a\tb"]),
            ] {
                for value in values {
                    let variables = complete(pod.path).merging([name: value]) { $1 }
                    try demandError(
                        try await run(command.rawValue, variables, configuration, on: node), 4,
                        "invalid \(name): \(value)", version)
                }
            }
        }
        #expect(try node.linkNames().isEmpty && node.leases().isEmpty)
    }

    @Test("An unknown command is refused; an empty one says what the program is", arguments: SpecVersion.allCases)
    func commands(version: SpecVersion) async throws {
        let node = try PluginNode()
        let configuration = node.configuration(version: version.rawValue)
        for command in ["NOPE", "add", "ADD ", "UPDATE"] {
            try demandError(
                try await run(command, complete("/n"), configuration, on: node), 4, "unknown CNI_COMMAND: \(command)",
                version)
        }
        let blank = try await run("", complete("/n"), configuration, on: node)
        #expect(blank.exitCode == 0 && blank.output.isEmpty)
        #expect(blank.errorOutput.contains("\nCNI protocol versions supported: \(SpecVersion.supportedList)\n"))
    }

    @Test("A verb that the configuration's version does not have is refused", arguments: SpecVersion.allCases)
    func verbGates(version: SpecVersion) async throws {
        let node = try PluginNode()
        let configuration = node.configuration(version: version.rawValue, keys: #","requireBridgeNetfilter":false"#)
        for command in [CNICommand.check, .gc, .status] where version < command.firstVersion {
            try demandError(
                try await run(command.rawValue, complete("/n"), configuration, on: node), 1,
                "config version does not allow \(command.rawValue)", version)
        }
        for command in [CNICommand.gc, .status] where version >= command.firstVersion {
            #expect(try await run(command.rawValue, [:], configuration, on: node).exitCode == 0)
        }
    }

    @Test(
        "A version that is not spoken is refused for every verb, whatever it is close to",
        arguments: [
            "adsfsadf", "9.8.7", "0.3", "1.1", "1.1.1", "v1.0.0", "1.0.0 ",
        ])
    func versions(text: String) async throws {
        let node = try PluginNode()
        for command in CNICommand.allCases where command != .version {
            let outcome = try await run(
                command.rawValue, complete("/n"), node.configuration(version: text), on: node)
            try demandError(outcome, 1, "incompatible CNI versions", nil)
            let spoken = SpecVersion.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " ")
            #expect(try ErrorOutcome(outcome).details == "config is \"\(text)\", plugin supports [\(spoken)]")
        }
    }

    @Test("A configuration without a version is of 0.1.0, and so are its result and its errors")
    func unstated() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let ranges = #""ipam":{"dataDir":"\#(node.dataDirectory)","ranges":[[{"subnet":"10.85.0.0/24"}]]}"#
        let added = try await run("ADD", complete(pod.path), #"{"name":"pods",\#(ranges)}"#, on: node)
        #expect(added.output.hasPrefix(#"{"cniVersion":"0.1.0","ip4":{"ip":"10.85.0.2/24","#))
        try demandError(
            try await run("CHECK", complete(pod.path), #"{"name":"pods",\#(ranges)}"#, on: node), 1,
            "config version does not allow CHECK", .v0_1_0)
        #expect(try await run("DEL", complete(pod.path), #"{"name":"pods",\#(ranges)}"#, on: node).exitCode == 0)
    }

    @Test("A network needs a name that can be a directory's", arguments: SpecVersion.allCases)
    func networkNames(version: SpecVersion) async throws {
        let node = try PluginNode()
        for command in verbs(version) {
            for (name, message) in [
                ("", "missing network name"), (#""name":"","#, "missing network name"),
                (#""name":"te%%st","#, #"invalid network name: "te%%st""#),
                (#""name":"../n","#, #"invalid network name: "../n""#),
            ] {
                let input = #"{\#(name)"cniVersion":"\#(version.rawValue)"}"#
                try demandError(
                    try await run(command.rawValue, complete("/n"), input, on: node), 7, message, version)
            }
        }
    }

    @Test("Input that is no JSON object is code 6, and input that cannot be read code 5; VERSION does not care")
    func input() async throws {
        let node = try PluginNode()
        for command in CNICommand.allCases {
            for input in ["", "{", "[]", "null", "7", "{} {}"] {
                let outcome = try await run(command.rawValue, complete("/n"), input, on: node)
                if command == .version {
                    #expect(outcome.exitCode == 0 && outcome.output.hasPrefix(#"{"cniVersion":"1.1.0","#))
                } else {
                    #expect(try ErrorOutcome(outcome).code == 6)
                }
            }
            for redirection in ["</", "<&-"] {
                let outcome = try await RunningProcess(
                    Programs.path(of: "sh"), ["-c", "exec \(node.plugin) \(redirection)"],
                    environment: complete("/n").merging(["CNI_COMMAND": command.rawValue]) { $1 }, in: node.namespace
                ).outcome()
                if command == .version {
                    #expect(outcome.exitCode == 0 && outcome.output.hasPrefix(#"{"cniVersion":"1.1.0","#))
                } else {
                    try demandError(outcome, 5, "cannot read the network configuration", nil)
                }
            }
        }
    }

    @Test("VERSION needs no variable besides CNI_COMMAND")
    func version() async throws {
        let node = try PluginNode()
        for variables in [[:], complete("dummy"), ["CNI_NETNS": "dummy", "CNI_IFNAME": "dummy", "CNI_PATH": "dummy"]] {
            let outcome = try await run("VERSION", variables, #"{"cniVersion":"1.1.0"}"#, on: node)
            #expect(outcome.exitCode == 0 && outcome.output.contains("\"supportedVersions\":[\"0.1.0\""))
        }
    }
}
