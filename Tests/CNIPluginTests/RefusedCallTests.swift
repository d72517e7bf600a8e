import Glibc
import LinuxSystem
import TestSupport
import Testing

/// Each system call of an execution is refused once: what cannot be done is said, and nothing stays of it.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct RefusedCallTests {
    /// A system call and the errno that it fails with.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let call: String
        let errno: String
        var testDescription: String { "\(call): \(errno)" }
    }

    /// `close` is not among them: the descriptor would stay open in a way that no kernel leaves it.
    static let refusals = [
        Refusal(call: "openat", errno: "EMFILE"), Refusal(call: "read", errno: "EIO"),
        Refusal(call: "write", errno: "ENOSPC"), Refusal(call: "pread64", errno: "EIO"),
        Refusal(call: "pwrite64", errno: "ENOSPC"), Refusal(call: "sendto", errno: "ENOBUFS"),
        Refusal(call: "recvfrom", errno: "ENOBUFS"), Refusal(call: "socket", errno: "EMFILE"),
        Refusal(call: "bind", errno: "ENOMEM"), Refusal(call: "setsockopt", errno: "ENOPROTOOPT"),
        Refusal(call: "getsockopt", errno: "ENOMEM"), Refusal(call: "setns", errno: "EPERM"),
        Refusal(call: "ioctl", errno: "ENOTTY"), Refusal(call: "flock", errno: "ENOLCK"),
        Refusal(call: "rename", errno: "EROFS"), Refusal(call: "mkdir", errno: "EROFS"),
        Refusal(call: "access", errno: "EIO"), Refusal(call: "newfstatat", errno: "EIO"),
        Refusal(call: "lseek", errno: "EINVAL"), Refusal(call: "utimensat", errno: "EROFS"),
        Refusal(call: "unlink", errno: "EROFS"), Refusal(call: "unlinkat", errno: "EROFS"),
        Refusal(call: "rmdir", errno: "EROFS"), Refusal(call: "getrandom", errno: "EINTR"),
    ]

    /// A node with a neighbour that has everything an attachment can have.
    private struct Stage {
        let node: PluginNode
        let configuration: String
        let collecting: String
        let before: NodeRemains

        init() async throws {
            node = try PluginNode()
            _ = try await node.add(
                node.configuration(keys: Self.keys(9000)), container: "neighbour", pod: try node.makePod())
            configuration = node.configuration(keys: Self.keys(9001))
            collecting = node.configuration(
                keys: #","cni.dev/valid-attachments":[{"containerID":"neighbour","ifname":"eth0"}]"#)
            before = try NodeRemains(node)
        }

        private static func keys(_ port: Int) -> String {
            """
            ,"ipMasq":true,"macspoofchk":true,"runtimeConfig":{"portMappings":[\
            {"hostPort":\(port),"containerPort":8080,"protocol":"tcp"},\
            {"hostPort":\(port),"containerPort":8080,"protocol":"udp"}],"bandwidth":{"ingressRate":800000000,\
            "ingressBurst":8000000,"egressRate":800000000,"egressBurst":8000000}}
            """
        }

        /// Runs a verb and refuses one call of it, counted from 1; none at 0.
        ///
        /// - Returns: how it ended, and how often the call was made.
        func run(_ verb: String, _ pod: NetNS, _ refusal: Refusal, number: Int) async throws -> (
            outcome: ProcessOutcome, calls: Int
        ) {
            let log = "\(node.dataDirectory)/trace"
            let inject = number > 0 ? "-e inject=\(refusal.call):error=\(refusal.errno):when=\(number)" : ""
            let environment = [
                "CNI_COMMAND": verb, "CNI_CONTAINERID": "victim", "CNI_NETNS": pod.path, "CNI_IFNAME": "eth0",
                "CNI_PATH": "/opt/cni/bin", "PATH": Programs.searchPath,
            ]
            let outcome = try await RunningProcess(
                Programs.path(of: "sh"),
                ["-c", "exec strace -qq -o \(log) -e trace=\(refusal.call) -e signal=none \(inject) \(node.plugin)"],
                environment: environment, input: verb == "GC" ? collecting : configuration, in: node.namespace
            ).outcome()
            let trace = try FileDescriptor.open(log, O_RDONLY).readToEnd()
            return (outcome, trace.count { $0 == UInt8(ascii: "\n") })
        }
    }

    @Test("ADD takes back what it has made when any of its calls is refused", arguments: refusals)
    func add(refusal: Refusal) async throws {
        let stage = try await Stage()
        let pod = try stage.node.makePod()
        let whole = try await stage.run("ADD", pod, refusal, number: 0)
        try #require(whole.outcome.exitCode == 0, "\(whole.outcome)")
        try await stage.node.demand("DEL", stage.configuration, container: "victim", pod: pod.path)
        for number in 1...max(whole.calls, 1) where whole.calls > 0 {
            let outcome = try await stage.run("ADD", pod, refusal, number: number).outcome
            if outcome.exitCode == 0 {
                try await stage.node.demand("DEL", stage.configuration, container: "victim", pod: pod.path)
            } else if !outcome.output.isEmpty {
                let error = try ErrorOutcome(outcome)
                #expect(error.code > 0 && !error.message.isEmpty, "number \(number): \(error)")
            } else {
                // Nobody could be told otherwise.
                #expect(refusal.call == "write" && !outcome.errorOutput.isEmpty, "number \(number): \(outcome)")
            }
            let left = try NodeRemains(stage.node).differences(from: stage.before)
            #expect(left.isEmpty, "number \(number): \(outcome)")
            if !left.isEmpty { return }
        }
    }

    @Test(
        "DEL or GC whose call is refused leaves nothing after the next one", arguments: ["DEL", "GC"], refusals)
    func remove(verb: String, refusal: Refusal) async throws {
        let stage = try await Stage()
        let pod = try stage.node.makePod()
        var calls = 1
        var number = 0
        while number <= calls {
            _ = try await stage.node.add(stage.configuration, container: "victim", pod: pod)
            let run = try await stage.run(verb, pod, refusal, number: number)
            if number == 0 {
                calls = run.calls
                try #require(run.outcome.exitCode == 0, "\(run.outcome)")
            } else if run.outcome.exitCode != 0 {
                let error = try ErrorOutcome(run.outcome)
                #expect(error.code > 0 && !error.message.isEmpty, "number \(number): \(error)")
                try await stage.node.demand(
                    verb, verb == "GC" ? stage.collecting : stage.configuration, container: "victim", pod: pod.path)
            }
            let left = try NodeRemains(stage.node).differences(from: stage.before)
            #expect(left.isEmpty, "number \(number): \(run.outcome)")
            if !left.isEmpty { return }
            number += 1
        }
    }
}
