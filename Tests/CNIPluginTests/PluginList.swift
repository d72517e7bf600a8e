import CNIPlugin
import TestSupport

/// A list of plugins as libcni runs it: forwards for ADD, backwards for DEL.
struct PluginList: Sendable {
    /// A plugin of the list: its program, and its configuration with further keys.
    struct Entry: Sendable {
        let program: String
        let configuration: @Sendable (_ keys: String) -> String
    }

    let node: PluginNode
    let entries: [Entry]
    var variables: [String: String] = [:]

    /// One plugin alone.
    init(_ node: PluginNode, keys: String = "", variables: [String: String] = [:]) {
        self.init(node, [Entry(program: node.plugin) { node.configuration(keys: keys + $0) }], variables)
    }

    init(_ node: PluginNode, _ entries: [Entry], _ variables: [String: String] = [:]) {
        self.node = node
        self.entries = entries
        self.variables = variables
    }

    /// `bridge`, `portmap` and `bandwidth`, all of them links to Fairway.
    static func upstream(
        _ node: PluginNode, network: String = "pods", bridge: String = "cni0",
        ranges: String = #"[[{"subnet":"10.85.0.0/24"}],[{"subnet":"fd85::/64"}]]"#
    ) throws -> PluginList {
        let keys = #","isGateway":true,"isDefaultGateway":true,"hairpinMode":true,"ipMasq":true,"macspoofchk":true"#
        let chained = ["portmap", "bandwidth"].map { name in
            (
                name,
                { @Sendable (keys: String) in #"{"cniVersion":"1.1.0","name":"\#(network)","type":"\#(name)"\#(keys)}"#
                }
            )
        }
        return PluginList(
            node,
            [
                Entry(program: try node.plugin(named: "bridge")) {
                    node.configuration(
                        network, bridge: bridge, ranges: ranges, ipam: #","type":"host-local""#, keys: keys + $0)
                }
            ] + (try chained.map { Entry(program: try node.plugin(named: $0), configuration: $1) }))
    }

    /// What a runtime asks for: a host port, over TCP and UDP, and a bandwidth.
    static func capabilities(port: Int) -> String {
        let mappings = ["tcp", "udp"].map {
            #"{"hostPort":\#(port),"containerPort":8080,"protocol":"\#($0)"}"#
        }.joined(separator: ",")
        return """
            ,"runtimeConfig":{"portMappings":[\(mappings)],"bandwidth":{"ingressRate":800000000,\
            "ingressBurst":8000000,"egressRate":800000000,"egressBurst":8000000}}
            """
    }

    func start(
        _ command: String, _ entry: Entry, keys: String = "", previous: String? = nil, container: String = "c1",
        pod: String = ""
    ) throws -> RunningProcess {
        let result = previous.map { ",\"prevResult\":\($0)" } ?? ""
        return try node.start(
            command, entry.configuration(keys + result), container: container, pod: pod, variables: variables,
            program: entry.program)
    }

    /// Runs one plugin, which must succeed.
    func run(
        _ command: String, _ entry: Entry, keys: String = "", previous: String? = nil, container: String = "c1",
        pod: String = ""
    ) async throws -> String {
        let outcome = try await start(
            command, entry, keys: keys, previous: previous, container: container, pod: pod
        ).outcome()
        guard outcome.exitCode == 0 else { throw PluginFailure(outcome: outcome) }
        return outcome.output
    }

    /// - Returns: the last plugin's result.
    @discardableResult
    func add(keys: String, container: String = "c1", pod: NetNS) async throws -> String {
        var previous: String?
        for entry in entries {
            previous = try await run(
                "ADD", entry, keys: keys, previous: previous, container: container, pod: pod.path)
        }
        return previous ?? ""
    }

    /// - Parameter previous: ADD's result; nil where it did not come to one.
    func delete(keys: String, previous: String?, container: String = "c1", pod: String) async throws {
        for entry in entries.reversed() {
            _ = try await run("DEL", entry, keys: keys, previous: previous, container: container, pod: pod)
        }
    }

    func check(keys: String, previous: String, container: String = "c1", pod: NetNS) async throws {
        for entry in entries {
            _ = try await run("CHECK", entry, keys: keys, previous: previous, container: container, pod: pod.path)
        }
    }

    /// Runs GC with these containers as the valid ones.
    func collect(sparing containers: [String]) async throws {
        for entry in entries { _ = try await run("GC", entry, keys: Self.valid(containers)) }
    }

    static func valid(_ containers: [String]) -> String {
        let list = containers.map { #"{"containerID":"\#($0)","ifname":"eth0"}"# }.joined(separator: ",")
        return #","cni.dev/valid-attachments":[\#(list)]"#
    }
}
