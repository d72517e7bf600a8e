import CNIProtocol
import Testing

@Suite struct EnvironmentTests {
    private func read(_ variables: [String: String]) throws(CNIError) -> PluginEnvironment {
        try PluginEnvironment { variables[$0] }
    }

    private func complete(_ command: String, _ changes: [String: String] = [:]) -> [String: String] {
        ["CNI_COMMAND": command, "CNI_CONTAINERID": "c1", "CNI_NETNS": "/run/netns/a", "CNI_IFNAME": "eth0"]
            .merging(changes) { $1 }
    }

    @Test(
        "All missing variables are named in one message, with code 4",
        arguments: [
            ("ADD", "CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME"), ("CHECK", "CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME"),
            ("DEL", "CNI_CONTAINERID,CNI_IFNAME"),
        ])
    func missing(command: String, names: String) {
        let error = #expect(throws: CNIError.self) { try read(["CNI_COMMAND": command]) }
        #expect(error?.code == .invalidEnvironment)
        #expect(error?.message == "required env variables [\(names)] missing")
    }

    @Test("GC, STATUS and VERSION need no container", arguments: ["GC", "STATUS", "VERSION"])
    func withoutContainer(command: String) throws {
        #expect(try read(["CNI_COMMAND": command]).command.rawValue == command)
    }

    @Test("VERSION takes dummy variables as libcni sends them")
    func dummies() throws {
        _ = try read([
            "CNI_COMMAND": "VERSION", "CNI_NETNS": "dummy", "CNI_IFNAME": "dummy", "CNI_CONTAINERID": "dummy/:",
        ])
    }

    @Test(
        "An unknown command, container id, interface name or argument is code 4",
        arguments: [
            (["CNI_COMMAND": ""], "required env variables [CNI_COMMAND] missing"),
            (["CNI_COMMAND": "add"], "unknown CNI_COMMAND: add"),
            (["CNI_CONTAINERID": "-c"], "invalid CNI_CONTAINERID: -c"),
            (["CNI_CONTAINERID": "a/../b"], "invalid CNI_CONTAINERID: a/../b"),
            (["CNI_IFNAME": "sixteencharacter"], "invalid CNI_IFNAME: sixteencharacter"),
            (["CNI_IFNAME": ".."], "invalid CNI_IFNAME: .."),
            (["CNI_IFNAME": "a b"], "invalid CNI_IFNAME: a b"),
            (["CNI_IFNAME": "a/b"], "invalid CNI_IFNAME: a/b"),
            (["CNI_IFNAME": "a:b"], "invalid CNI_IFNAME: a:b"),
            (["CNI_ARGS": "novalue"], "invalid CNI_ARGS: \"novalue\" is not KEY=VALUE"),
        ])
    func invalid(changes: [String: String], message: String) {
        let error = #expect(throws: CNIError.self) { _ = try read(complete("ADD", changes)).arguments() }
        #expect(error?.code == .invalidEnvironment)
        #expect(error?.message == message)
    }

    @Test("Malformed arguments stop no cleaning up", arguments: ["DEL", "GC", "STATUS"])
    func unusedArguments(command: String) throws {
        #expect(try read(complete(command, ["CNI_ARGS": "novalue"])).arguments().isEmpty)
    }

    @Test("Arguments are split at semicolons; DEL may come without a namespace")
    func arguments() throws {
        let arguments = try read(complete("ADD", ["CNI_ARGS": "IgnoreUnknown=1;K8S_POD_NAME=a=b;"])).arguments()
        #expect(arguments == ["IgnoreUnknown": "1", "K8S_POD_NAME": "a=b"])
        let environment = try read(complete("DEL", ["CNI_NETNS": ""]))
        #expect(environment.namespacePath.isEmpty)
        #expect(!environment.allowsOwnNamespace)
        #expect(try read(complete("ADD", ["CNI_NETNS_OVERRIDE": "True"])).allowsOwnNamespace)
    }
}
