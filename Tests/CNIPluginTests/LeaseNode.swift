import CNIProtocol
import Glibc
import LinuxSystem
import NetworkTypes
import TestSupport

/// A lease directory for one test, and the binary under the name `host-local` that works on it.
final class LeaseNode: Sendable {
    let node: PluginNode
    /// Fairway's binary under the name of the address plugin.
    let hostLocal: String
    private let programs: String

    /// Debian's address plugin, which a test migrates from and to.
    static let upstreamPrograms = "/usr/lib/cni"
    static let upstream = "\(upstreamPrograms)/host-local"

    init() throws {
        node = try PluginNode()
        programs = "\(node.dataDirectory)-programs"
        try Directory.create(programs)
        hostLocal = "\(programs)/host-local"
        guard unsafe symlink(node.plugin, hostLocal) == 0 else { throw SystemError("link \(hostLocal)", .current) }
    }

    deinit { removeTree(programs) }

    /// The lease directory of the network `pods`.
    var directory: String { "\(node.dataDirectory)/pods" }

    func configuration(
        version: String = "1.1.0", ranges: String = #"[[{"subnet":"10.85.0.0/24"}]]"#, ipam: String = "",
        keys: String = ""
    ) -> String {
        """
        {"cniVersion":"\(version)","name":"pods","type":"ptp","ipam":{"type":"host-local",\
        "dataDir":"\(node.dataDirectory)","ranges":\(ranges)\(ipam)}\(keys)}
        """
    }

    func call(
        _ command: String, _ configuration: String, container: String = "c1", interface: String = "eth0",
        variables: [String: String] = [:], program: String? = nil
    ) async throws -> ProcessOutcome {
        try await node.start(
            command, configuration, container: container, pod: "/nowhere", interface: interface, variables: variables,
            program: program ?? hostLocal
        ).outcome()
    }

    /// Runs ADD and returns the addresses without their prefix lengths.
    @discardableResult
    func add(
        _ configuration: String, container: String = "c1", interface: String = "eth0",
        variables: [String: String] = [:], program: String? = nil
    ) async throws -> [String] {
        let outcome = try await call(
            "ADD", configuration, container: container, interface: interface, variables: variables, program: program)
        guard outcome.exitCode == 0 else { throw PluginFailure(outcome: outcome) }
        return try AddOutcome(outcome.output).result.addresses.map(\.address.address.description)
    }

    /// Runs a verb that must succeed and say nothing.
    func demand(
        _ command: String, _ configuration: String, container: String = "c1", interface: String = "eth0",
        program: String? = nil
    ) async throws {
        let outcome = try await call(
            command, configuration, container: container, interface: interface, program: program)
        guard outcome.exitCode == 0, outcome.output.isEmpty else { throw PluginFailure(outcome: outcome) }
    }

    func failure(
        _ command: String, _ configuration: String, container: String = "c1", interface: String = "eth0",
        variables: [String: String] = [:]
    ) async throws -> ErrorOutcome {
        try ErrorOutcome(
            try await call(command, configuration, container: container, interface: interface, variables: variables))
    }

    /// The leases: addresses and what their files say.
    func leases() throws -> [String: String] {
        var leases: [String: String] = [:]
        for name in node.leases() { leases[name] = try text(name) }
        return leases
    }

    func text(_ name: String) throws -> String {
        String(decoding: try FileDescriptor.open("\(directory)/\(name)", O_RDONLY).readToEnd(), as: UTF8.self)
    }

    /// Writes a file into the lease directory behind the plugin's back.
    ///
    /// - Parameter age: how long ago it was written, in seconds.
    func write(_ text: String, to name: String, age: Int = 0) throws {
        try Directory.create(directory)
        let file = try FileDescriptor.open("\(directory)/\(name)", O_WRONLY | O_CREAT | O_TRUNC)
        try file.writeAll(Array(text.utf8))
        if age > 0 { try setAge(age, of: name) }
    }

    func setAge(_ age: Int, of name: String) throws {
        let time = FileTime.now.seconds - age
        var times = utimbuf(actime: time, modtime: time)
        guard unsafe utime("\(directory)/\(name)", &times) == 0 else {
            throw SystemError("set the time of \(name)", .current)
        }
    }
}
