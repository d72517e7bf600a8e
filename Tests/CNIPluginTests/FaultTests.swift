import LinuxSystem
import TestSupport
import Testing

/// Each system call of a real execution fails once: the first one of its kind, then the second, and so on.
///
/// So every step is refused that the kernel cannot be brought to refuse by itself, and every answer is lost.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct FaultTests {
    /// A kind of call, under its names on all machines, and how it fails.
    struct Fault: Sendable, CustomTestStringConvertible {
        let calls: String
        let error: String
        /// The steps of ADD that must have failed of it, by their errors' words.
        var steps: [String] = []
        var testDescription: String { calls }
    }

    static let faults = [
        Fault(
            calls: "sendto", error: "ENOBUFS",
            steps: [
                "cannot look up link", "cannot list the addresses of link", "cannot create the veth pair",
                "cannot change link 1: up", "cannot make conntrack forget old flows to the host ports",
            ]),
        Fault(
            calls: "recvfrom", error: "ENOBUFS",
            steps: ["cannot create the veth pair", "cannot make conntrack forget old flows to the host ports"]),
        Fault(
            calls: "read", error: "ENOMEM",
            steps: [
                "cannot read the network configuration", "the lease store failed", "cannot record the attachment",
                "cannot turn forwarding on", "cannot prepare interface eth0",
                "cannot set route_localnet of cni0",
            ]),
        Fault(
            calls: "openat", error: "ENFILE",
            steps: [
                "cannot enter CNI_NETNS", "the lease store failed", "cannot record the attachment",
                "cannot turn forwarding on", "cannot prepare interface eth0", "cannot set route_localnet of cni0",
            ]),
        Fault(
            calls: "write", error: "ENOSPC",
            steps: ["the lease store failed", "cannot record the attachment", "cannot prepare interface eth0"]),
        Fault(calls: "pwrite64", error: "ENOSPC", steps: ["the lease store failed", "cannot record the attachment"]),
        Fault(calls: "?rename,?renameat,?renameat2", error: "ENOSPC", steps: ["cannot record the attachment"]),
        Fault(
            calls: "flock", error: "ENOLCK",
            steps: ["the lease store failed", "cannot record the attachment", "cannot lock the node's bridges"]),
        Fault(calls: "socket", error: "ENFILE", steps: ["cannot reach the node's network namespace"]),
        Fault(calls: "setns", error: "EPERM", steps: ["cannot enter CNI_NETNS", "cannot prepare interface eth0"]),
        Fault(calls: "getdents64", error: "EIO"), Fault(calls: "?unlink,unlinkat", error: "EIO"),
        Fault(calls: "?mkdir,mkdirat", error: "ENOSPC"), Fault(calls: "?access,faccessat", error: "EIO"),
        Fault(calls: "newfstatat", error: "EIO"), Fault(calls: "pread64", error: "EIO"),
        Fault(calls: "utimensat", error: "EROFS"), Fault(calls: "lseek", error: "EINVAL"),
        Fault(calls: "bind", error: "ENOMEM"), Fault(calls: "getsockopt", error: "ENOMEM"),
        Fault(calls: "setsockopt", error: "ENOPROTOOPT"), Fault(calls: "ioctl", error: "ENOTTY"),
        Fault(calls: "?rmdir", error: "EROFS"),
    ]

    /// More than any verb makes of one kind.
    private static let limit = 100

    /// All features at once; the host port tells containers apart.
    private static func keys(_ port: Int) -> String {
        #","ipMasq":true,"macspoofchk":true,"loopbackHostPorts":true"# + PluginList.capabilities(port: port)
    }

    @Test("An ADD whose n-th system call fails says so and leaves nothing, or it has succeeded", arguments: faults)
    func add(fault: Fault) async throws {
        let stage = try await Stage()
        var errors = ""
        for number in 1...Self.limit {
            let pod = try NetNS()
            let outcome = try await stage.run("ADD", fault, number, pod: pod)
            if outcome.exitCode != 0 {
                #expect(try stage.isExplained(outcome), "\(number): \(outcome)")
                errors += outcome.output
            }
            if outcome.exitCode != 0, try !stage.isAsBefore("\(fault.calls) \(number): \(outcome.output)") { return }
            // It is made good: the next one finds nothing to mend, and goes the same way.
            if outcome.exitCode != 0 { _ = try await stage.node.add(stage.victim, container: "victim", pod: pod) }
            try await stage.node.demand("DEL", stage.victim, container: "victim")
            guard try stage.isAsBefore("\(fault.calls) \(number): \(outcome.output)") else { return }
            if try stage.wasDisturbed() { continue }
            for step in fault.steps { #expect(errors.contains(step), "\(errors)") }
            return
        }
        Issue.record("still going on after \(Self.limit) calls")
    }

    @Test(
        "So does the first ADD of a node: its bridge goes too",
        arguments: faults.filter { ["sendto", "read", "openat"].contains($0.calls) })
    func firstOfNode(fault: Fault) async throws {
        let stage = try await Stage(hasNeighbour: false)
        for number in 1...Self.limit {
            let pod = try NetNS()
            let outcome = try await stage.run("ADD", fault, number, pod: pod)
            if outcome.exitCode == 0 {
                try await stage.node.demand("DEL", stage.victim, container: "victim")
                try await stage.node.namespace.demand("ip", "link", "del", "cni0")
            }
            guard try stage.isAsBefore("\(fault.calls) \(number): \(outcome.output)") else { return }
            if try !stage.wasDisturbed() { return }
        }
        Issue.record("still going on after \(Self.limit) calls")
    }

    @Test(
        "A DEL or GC whose n-th system call fails has done its work, or says so and the next one does it",
        arguments: ["DEL", "GC"], faults)
    func takeAway(verb: String, fault: Fault) async throws {
        let stage = try await Stage()
        for number in 1...Self.limit {
            let pod = try NetNS()
            _ = try await stage.node.add(stage.victim, container: "victim", pod: pod)
            let outcome = try await stage.run(verb, fault, number, pod: pod)
            let place = "\(fault.calls) \(number): \(outcome.output)"
            if outcome.exitCode != 0 {
                #expect(try stage.isExplained(outcome), "\(place)")
                try await stage.node.demand(
                    verb, verb == "GC" ? stage.collection : stage.victim, container: "victim", pod: pod.path)
            }
            guard try stage.isAsBefore(place) else { return }
            if try !stage.wasDisturbed() { return }
        }
        Issue.record("still going on after \(Self.limit) calls")
    }

    /// A node with a neighbour that must not notice anything.
    private struct Stage {
        let node: PluginNode
        let victim: String
        let collection: String
        private let before: Remains
        private let trace: String
        /// Of a flow to the neighbour, where there is one.
        private let client: UDPClient?

        init(hasNeighbour: Bool = true) async throws {
            node = try PluginNode()
            try Directory.create(node.dataDirectory)
            if hasNeighbour {
                let keys = FaultTests.keys(9000)
                _ = try await node.add(
                    node.configuration(keys: keys), container: "neighbour", pod: try node.makePod())
            }
            victim = node.configuration(keys: FaultTests.keys(9001))
            collection = node.configuration(keys: PluginList.valid(["neighbour"]))
            client = hasNeighbour ? try UDPClient(in: node.namespace, port: 41_000) : nil
            try client?.send("10.85.0.1", 9000)
            trace = "\(node.dataDirectory)/trace"
            before = try Remains(node)
        }

        func run(_ verb: String, _ fault: Fault, _ number: Int, pod: NetNS) async throws -> ProcessOutcome {
            // Conntrack is asked for its entries where it has any; one that nobody answers lives for 30 s.
            try client?.send("10.85.0.1", 9000)
            return try await RunningProcess(
                Programs.path(of: "strace"),
                [
                    "-qq", "-o", trace, "-e", "trace=\(fault.calls)", "-e",
                    "inject=\(fault.calls):error=\(fault.error):when=\(number)", node.plugin,
                ],
                environment: [
                    "CNI_COMMAND": verb, "CNI_CONTAINERID": "victim", "CNI_NETNS": pod.path, "CNI_IFNAME": "eth0",
                    "CNI_PATH": "/opt/cni/bin",
                ], input: verb == "GC" ? collection : victim, in: node.namespace
            ).outcome()
        }

        /// Whether any call was made to fail.
        func wasDisturbed() throws -> Bool {
            String(decoding: try FileDescriptor.open(trace, 0).readToEnd(), as: UTF8.self).contains("(INJECTED)")
        }

        /// Whether the error is the specification's, or is in the log where the answer itself could not be written.
        func isExplained(_ outcome: ProcessOutcome) throws -> Bool {
            if outcome.output.isEmpty { return outcome.errorOutput.hasPrefix("fairway: write to descriptor 1") }
            let error = try ErrorOutcome(outcome)
            return error.code > 0 && !error.message.isEmpty && !error.details.isEmpty
        }

        func isAsBefore(_ place: String) throws -> Bool {
            let differences = try Remains(node).differences(from: before)
            #expect(differences.isEmpty, "\(place)")
            return differences.isEmpty
        }
    }
}
