import CNIProtocol
import Glibc
import LinuxSystem
import NetworkTypes
import TestSupport
import Testing

@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct DelegateTests {
    @Test("Every verb reaches the address plugin, with the whole input and environment; its result is the pod's")
    func allVerbs() async throws {
        let delegate = try DelegateNode(DelegateNode.answering)
        let pod = try delegate.node.makePod()
        let configuration = delegate.configuration()
        let outcome = try await delegate.call("ADD", configuration, pod: pod.path)
        #expect(outcome.exitCode == 0, "\(outcome.output)")
        let added = try AddOutcome(outcome.output)
        #expect(added.result.addresses.map(\.address.description) == ["10.99.0.7/24"])
        #expect(added.result.dns.nameservers == ["10.99.0.2"])
        #expect(try RouteNetlinkReader.addresses(of: "eth0", in: pod).contains { $0.description == "10.99.0.7/24" })
        #expect(
            try RouteNetlinkReader.addresses(of: "cni0", in: delegate.node.namespace).contains {
                $0.description == "10.99.0.1/24"
            })
        #expect(try await delegate.call("CHECK", added.previous(configuration), pod: pod.path).exitCode == 0)
        #expect(try await delegate.call("STATUS", configuration).exitCode == 0)
        let valid = configuration.dropLast() + #","cni.dev/valid-attachments":[{"containerID":"c1","ifname":"eth0"}]}"#
        #expect(try await delegate.call("GC", String(valid)).exitCode == 0)
        #expect(try await delegate.call("DEL", configuration, pod: pod.path).exitCode == 0)
        #expect(delegate.verbs() == ["ADD", "CHECK", "STATUS", "GC", "DEL"])
        #expect(try delegate.text("input-ADD") == configuration)
        #expect(try delegate.text("input-GC") == valid)
        let environment = try delegate.text("environment-ADD").split(separator: "\n").map(String.init)
        for line in [
            "EXTRA=x", "CNI_COMMAND=ADD", "CNI_CONTAINERID=c1", "CNI_NETNS=\(pod.path)", "CNI_IFNAME=eth0",
            "CNI_PATH=/nowhere::\(delegate.programs):/usr/lib/cni",
        ] {
            #expect(environment.contains(line))
        }
        #expect(try delegate.node.linkNames() == ["cni0"])
    }

    @Test("The address plugin meets the pod's interface, up and with its MAC address, at ADD, CHECK and DEL")
    func interfaceFirst() async throws {
        let delegate = try DelegateNode(
            "nsenter --net=$CNI_NETNS ip -o link show eth0 >> $DIR/links 2>&1\n" + DelegateNode.answering)
        let pod = try delegate.node.makePod()
        let configuration = delegate.configuration()
        let outcome = try await delegate.call("ADD", configuration, pod: pod.path)
        let added = try AddOutcome(outcome.output)
        #expect(try await delegate.call("CHECK", added.previous(configuration), pod: pod.path).exitCode == 0)
        #expect(try await delegate.call("DEL", configuration, pod: pod.path).exitCode == 0)
        let links = try delegate.text("links").split(separator: "\n")
        let mac = try #require(added.result.interfaces[2].mac?.description)
        #expect(links.count == 3 && links.allSatisfy { $0.contains(",UP") && $0.contains(mac) }, "\(links)")
        #expect(delegate.verbs() == ["ADD", "CHECK", "DEL"])
    }

    @Test("An ADD that fails after the address plugin's gives the address back to it, and takes the interface back")
    func takenBack() async throws {
        let delegate = try DelegateNode(DelegateNode.answering)
        let pod = try delegate.node.makePod()
        try await delegate.node.namespace.demand("ip", "link", "add", "cni0", "type", "bridge")
        try await delegate.node.namespace.demand("ip", "addr", "add", "10.99.0.7/24", "dev", "cni0")
        let error = try await delegate.failure("ADD", delegate.configuration(), pod: pod.path)
        #expect(error.message.contains("itself has it"), "\(error)")
        #expect(delegate.verbs() == ["ADD", "DEL"])
        #expect(try delegate.node.linkNames() == ["cni0"] && delegate.node.records().isEmpty)
        #expect(
            try delegate.text("environment-DEL").split(separator: "\n").filter { $0.hasPrefix("CNI_COMMAND=") } == [
                "CNI_COMMAND=DEL"
            ])
    }

    @Test("The address plugin's own error goes to the runtime, with its name, code, message and details")
    func ownError() async throws {
        let delegate = try DelegateNode(
            #"echo "a log line" >&2; echo '{"cniVersion":"1.1.0","code":11,"msg":"pool is busy","details":"wait"}'; exit 1"#
        )
        let pod = try delegate.node.makePod()
        let outcome = try await delegate.call("ADD", delegate.configuration(), pod: pod.path)
        let error = try ErrorOutcome(outcome)
        #expect(error.code == 11)
        #expect(error.message == #"plugin type="other" failed (add): pool is busy"#)
        #expect(error.details == "wait")
        // Of the ADD, and of the DEL that cleans up after it.
        #expect(outcome.errorOutput == "a log line\na log line\n")
        let status = try await delegate.failure("STATUS", delegate.configuration())
        #expect(status.message == #"plugin type="other" failed (status): pool is busy"#)
        #expect(try await delegate.failure("DEL", delegate.configuration()).code == 11)
        #expect(try delegate.node.linkNames().isEmpty)
    }

    @Test(
        "An address plugin that fails without an error of its own is named, with how it ended",
        arguments: [
            ("exit 3", 999, "netplugin failed with no error message: exit status 3"),
            ("kill -9 $$", 999, "netplugin failed with no error message: killed by signal 9"),
            ("echo nonsense; exit 1", 999, "netplugin failed with no error message: exit status 1"),
            ("echo nonsense", 6, "result is not JSON"), ("echo '[]'", 6, "result"),
            (#"echo '{"ips":[{"address":"x"}]}'"#, 7, "ips[0].address"),
            (#"echo '{"code":0,"msg":"m"}'; exit 1"#, 999, "failed (add): m"),
            ("exec cat /dev/zero", 5, "File too large"),
        ])
    func otherFailures(script: String, code: Int, words: String) async throws {
        let delegate = try DelegateNode(script)
        let pod = try delegate.node.makePod()
        let error = try await delegate.failure("ADD", delegate.configuration(), pod: pod.path)
        #expect(error.code == code)
        #expect(
            error.message.hasPrefix(#"plugin type="other" failed (add): "#) && error.message.contains(words), "\(error)"
        )
        #expect(try delegate.node.linkNames().isEmpty)
    }

    @Test("An address plugin that reads nothing gets along with an input larger than any pipe")
    func unreadInput() async throws {
        let delegate = try DelegateNode("exec 0<&-; " + DelegateNode.answering.replacing("cat >", with: ": >"))
        let pod = try delegate.node.makePod()
        let keys = #","ballast":"\#(String(repeating: "b", count: 1 << 20))""#
        #expect(try await delegate.call("ADD", delegate.configuration(keys: keys), pod: pod.path).exitCode == 0)
    }

    @Test("A name that is a path, and one that no directory of CNI_PATH has, are refused")
    func notFound() async throws {
        let delegate = try DelegateNode("exit 0")
        let pod = try delegate.node.makePod()
        let missing = try await delegate.failure("ADD", delegate.configuration(type: "absent"), pod: pod.path)
        #expect(missing.code == 4)
        #expect(missing.message.hasPrefix(#"failed to find plugin "absent" in path [/nowhere::"#))
        for type in ["../other", "/bin/true", "a/b"] {
            let path = try await delegate.failure("ADD", delegate.configuration(type: type), pod: pod.path)
            #expect(path.code == 7 && path.message == "invalid plugin name: \"\(type)\"")
        }
        let directory = try await delegate.failure("ADD", delegate.configuration(type: ".."), pod: pod.path)
        #expect(directory.code == 4)
    }

    @Test("Fairway under another name is no address plugin: it is not executed by itself")
    func itself() async throws {
        let delegate = try DelegateNode("exit 0")
        guard unsafe symlink(delegate.node.plugin, "\(delegate.programs)/bridge") == 0 else { return }
        let error = try await delegate.failure(
            "ADD", delegate.configuration(type: "bridge"), pod: try delegate.node.makePod().path)
        #expect(error.code == 7 && error.message == "ipam.type \"bridge\" is fairway itself")
    }

    @Test("An address plugin that is just being copied into its place is tried again")
    func busy() async throws {
        let delegate = try DelegateNode(DelegateNode.answering)
        let pod = try delegate.node.makePod()
        let writer = try FileDescriptor.open("\(delegate.programs)/other", O_WRONLY).release()
        let process = try delegate.node.start(
            "ADD", delegate.configuration(), pod: pod.path, variables: delegate.variables)
        // Long enough for the first try; on a slower machine the test shows less, and passes. The tests' own threads may
        // all be busy for longer than the plugin tries.
        try DedicatedThread.start("close") {
            usleep(50_000)
            close(writer)
        }
        let outcome = try await process.outcome()
        #expect(outcome.exitCode == 0, "\(outcome.output)")
        #expect(delegate.verbs() == ["ADD"])
    }

    @Test("Debian's address plugin static gives the pod its addresses")
    func debianStatic() async throws {
        let delegate = try DelegateNode("exit 0")
        let pod = try delegate.node.makePod()
        let configuration = """
            {"cniVersion":"1.0.0","name":"pods","type":"fairway","bridge":"cni0","ipam":{"type":"static",\
            "addresses":[{"address":"10.98.0.5/24","gateway":"10.98.0.1"},{"address":"fd98::5/64"}],"routes":[{"dst":"0.0.0.0/0"}]}}
            """
        let outcome = try await delegate.call("ADD", configuration, pod: pod.path)
        #expect(outcome.exitCode == 0, "\(outcome.output)")
        let added = try AddOutcome(outcome.output)
        #expect(added.result.addresses.map(\.address.description) == ["10.98.0.5/24", "fd98::5/64"])
        #expect(try await delegate.call("CHECK", added.previous(configuration), pod: pod.path).exitCode == 0)
        #expect(try await delegate.call("DEL", configuration, pod: pod.path).exitCode == 0)
        #expect(try delegate.node.linkNames() == ["cni0"])
    }
}
