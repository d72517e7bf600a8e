import AttachmentStore
import CNIPlugin
import CNIProtocol
import Glibc
import JSON
import LinuxSystem
import NetworkTypes
import RouteNetlink
import Synchronization
import TestSupport

/// A node for one test: a namespace of its own and a lease directory, where the real plugin is executed.
final class PluginNode: Sendable {
    let namespace: NetNS
    let dataDirectory: String
    let plugin: String
    private let pods = Mutex<[NetNS]>([])

    init() throws {
        namespace = try NetNS()
        dataDirectory = "/tmp/fairway-test-leases-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        plugin = try Programs.built("fairway", root: Programs.root(of: #filePath))
    }

    deinit {
        removeTree(dataDirectory)
        if let path = try? statePath() { removeTree(path) }
    }

    /// Takes the lock that the plugin takes on this node, and waits for it.
    func lockBridges(_ kind: FileLock.Kind) throws -> FileLock {
        try namespace.perform { () throws(SystemError) in try BridgeLock.take(kind) }
    }

    /// The folder with the records of this node's attachments.
    func statePath() throws -> String {
        try namespace.perform { () throws(SystemError) in try AttachmentStore().path }
    }

    /// The names of a network's records, sorted.
    func records(_ network: String = "pods") throws -> [String] {
        ((try? Directory.names(in: "\(statePath())/\(network)")) ?? []).sorted()
    }

    /// Makes a pod's namespace, which lives as long as the node.
    func makePod() throws -> NetNS {
        let pod = try NetNS()
        pods.withLock { $0.append(pod) }
        return pod
    }

    /// A configuration of the network `name`.
    ///
    /// - Parameter keys: further members of the object, as JSON text with a leading comma.
    func configuration(
        _ name: String = "pods", version: String = "1.1.0", bridge: String = "cni0",
        ranges: String = #"[[{"subnet":"10.85.0.0/24"}],[{"subnet":"fd85::/64"}]]"#, ipam: String = "",
        keys: String = ""
    ) -> String {
        """
        {"cniVersion":"\(version)","name":"\(name)","type":"fairway","bridge":"\(bridge)",\
        "ipam":{"dataDir":"\(dataDirectory)","ranges":\(ranges)\(ipam)}\(keys)}
        """
    }

    /// Starts the plugin as a runtime does.
    func start(
        _ command: String, _ configuration: String, container: String = "c1", pod: String = "",
        interface: String = "eth0",
        variables: [String: String] = [:], program: String? = nil
    ) throws -> RunningProcess {
        let environment = [
            "CNI_COMMAND": command, "CNI_CONTAINERID": container, "CNI_NETNS": pod, "CNI_IFNAME": interface,
            "CNI_PATH": "/opt/cni/bin",
        ].merging(variables) { $1 }
        return try RunningProcess(
            program ?? plugin, environment: environment, input: configuration, in: namespace)
    }

    func call(
        _ command: String, _ configuration: String, container: String = "c1", pod: String = "",
        interface: String = "eth0",
        variables: [String: String] = [:]
    ) async throws -> ProcessOutcome {
        try await start(
            command, configuration, container: container, pod: pod, interface: interface, variables: variables
        ).outcome()
    }

    /// Runs ADD, demands success and returns the result.
    func add(
        _ configuration: String, container: String = "c1", pod: NetNS, interface: String = "eth0",
        variables: [String: String] = [:]
    ) async throws -> AddOutcome {
        let outcome = try await call(
            "ADD", configuration, container: container, pod: pod.path, interface: interface, variables: variables)
        guard outcome.exitCode == 0 else { throw PluginFailure(outcome: outcome) }
        return try AddOutcome(outcome.output)
    }

    /// Runs a verb that must succeed and say nothing.
    func demand(
        _ command: String, _ configuration: String, container: String = "c1", pod: String = "",
        interface: String = "eth0"
    ) async throws {
        let outcome = try await call(command, configuration, container: container, pod: pod, interface: interface)
        guard outcome.exitCode == 0, outcome.output.isEmpty else { throw PluginFailure(outcome: outcome) }
    }

    /// Runs a verb that must fail, and returns its error.
    func failure(
        _ command: String, _ configuration: String, container: String = "c1", pod: String = "",
        interface: String = "eth0", variables: [String: String] = [:]
    ) async throws -> ErrorOutcome {
        let outcome = try await call(
            command, configuration, container: container, pod: pod, interface: interface, variables: variables)
        return try ErrorOutcome(outcome)
    }

    /// The names of the leased addresses of a network, sorted.
    func leases(_ network: String = "pods") -> [String] {
        ((try? Directory.names(in: "\(dataDirectory)/\(network)")) ?? []).filter { IPAddress($0) != nil }.sorted()
    }

    /// The node's links, without loopback.
    func links() throws -> [Link] { try RouteNetlinkReader.links(in: namespace).filter { $0.name != "lo" } }

    /// The names of the node's links, sorted, without loopback.
    func linkNames() throws -> [String] { try links().map(\.name).sorted() }
}

/// What the kernel has in a namespace, read without entering it on the test's thread.
enum RouteNetlinkReader {
    static func links(in namespace: NetNS) throws -> [Link] {
        try read(in: namespace) { socket throws(NetlinkError) in try socket.links() }
    }

    static func addresses(of name: String, in namespace: NetNS) throws -> [CIDR] {
        try linkAddresses(of: name, in: namespace).map(\.address)
    }

    static func linkAddresses(of name: String, in namespace: NetNS) throws -> [LinkAddress] {
        try read(in: namespace) { socket throws(NetlinkError) in
            guard let link = try socket.link(named: name) else { return [] }
            return try socket.addresses(ofLink: link.index)
        }
    }

    private static func read<T: Sendable>(
        in namespace: NetNS, _ body: @escaping @Sendable (inout RouteSocket) throws(NetlinkError) -> T
    ) throws -> T {
        try namespace.perform { () throws(SystemError) in
            var socket = try RouteSocket()
            do throws(NetlinkError) {
                return try body(&socket)
            } catch {
                throw SystemError(error.operation, error.errno)
            }
        }
    }
}

/// A plugin that ended otherwise than a test demands.
struct PluginFailure: Error, CustomStringConvertible {
    let outcome: ProcessOutcome
    var description: String { "exit \(outcome.exitCode), output \(outcome.output), errors \(outcome.errorOutput)" }
}

/// The result that ADD wrote.
struct AddOutcome {
    let text: String
    let version: String?
    let result: AddResult

    init(_ text: String) throws {
        self.text = text
        guard case .object(let object) = try JSONValue(parsing: Array(text.utf8)) else { throw CancellationError() }
        let reader = ConfigurationReader(object)
        version = try reader.string("cniVersion")
        result = try AddResult(reader)
    }

    /// The same configuration with this result as `prevResult`, as a runtime sends it to CHECK.
    func previous(_ configuration: String) -> String { configuration.dropLast() + ",\"prevResult\":\(text)}" }
}

/// The error that a verb wrote.
struct ErrorOutcome {
    let exitCode: Int32
    let version: String
    let code: Int
    let message: String
    let details: String

    init(_ outcome: ProcessOutcome) throws {
        guard outcome.exitCode != 0, case .object(let object) = try JSONValue(parsing: Array(outcome.output.utf8))
        else {
            throw PluginFailure(outcome: outcome)
        }
        let reader = ConfigurationReader(object)
        exitCode = outcome.exitCode
        version = try reader.string("cniVersion") ?? ""
        code = try reader.integer("code", in: 0...999) ?? -1
        message = try reader.string("msg") ?? ""
        details = try reader.string("details") ?? ""
    }
}
