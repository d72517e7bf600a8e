import Glibc
import LinuxSystem

/// A node of the benchmark's: a network namespace of its own.
final class BenchNode: Sendable {
    let namespace: NetworkNamespace

    init() throws {
        namespace = try NetworkNamespace.fresh()
        try shell("ip link set lo up")
    }

    /// ADD and then DEL of one pod.
    func run(_ contender: Contender, _ pod: String, _ podNamespace: borrowing NetworkNamespace) throws -> (
        add: Double, delete: Double
    ) {
        let path = "/proc/\(getpid())/fd/\(podNamespace.rawValue)"
        let added = try contender.add(pod: pod, namespace: path, on: namespace)
        let deleted = try contender.delete(pod: pod, namespace: path, result: added.result, on: namespace)
        return (added.nanoseconds, deleted)
    }

    /// ADD of a pod that stays as long as what is returned: a node seldom has one pod only, and its first host port costs
    /// the tables.
    func stand(_ contender: Contender, _ name: String = "standing") throws -> StandingPod {
        let pod = try StandingPod()
        let path = "/proc/\(getpid())/fd/\(pod.namespace.rawValue)"
        _ = try contender.add(pod: name, namespace: path, on: namespace)
        return pod
    }

    func shell(_ script: String) throws {
        let run = try namespace.perform { () throws(SystemError) in
            try TimedRun("/bin/sh", ["-c", script], environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], input: "")
        }
        guard run.status == 0 else { throw SystemError("\(script): \(run.output)", .invalid) }
    }
}

/// A pod that is not counted.
final class StandingPod: Sendable {
    let namespace: NetworkNamespace
    init() throws { namespace = try NetworkNamespace.fresh() }
}

/// The floor program: what the kernel takes for a pod's link, addresses and routes, and a process to ask for them.
struct Floor {
    private let binary: String
    private let bridge: String

    init(binary: String, bridge: String, on node: BenchNode) throws {
        self.binary = binary
        self.bridge = bridge
        try node.shell(
            """
            ip link add \(bridge) type bridge && ip link set \(bridge) up && ip addr add 10.239.0.1/16 dev \(bridge) \
            && ip addr add fd00:239::1/64 dev \(bridge) nodad
            """)
    }

    /// - Returns: how long it took.
    func add(_ number: Int, in pod: borrowing NetworkNamespace, on node: BenchNode) throws -> Double {
        let path = "/proc/\(getpid())/fd/\(pod.rawValue)"
        let (binary, bridge) = (binary, bridge)
        let add = try node.namespace.perform { () throws(SystemError) in
            try TimedRun(binary, ["add", path, bridge, "floor\(number)", "\(number + 2)"], environment: [], input: "")
        }
        guard add.status == 0 else { throw SystemError("floor \(number)", .invalid) }
        return add.nanoseconds
    }

    func run(_ number: Int, in pod: borrowing NetworkNamespace, on node: BenchNode) throws -> (
        add: Double, delete: Double
    ) {
        let add = try add(number, in: pod, on: node)
        let (binary, link) = (binary, "floor\(number)")
        let delete = try node.namespace.perform { () throws(SystemError) in
            try TimedRun(binary, ["del", link], environment: [], input: "")
        }
        guard delete.status == 0 else { throw SystemError("floor \(number)", .invalid) }
        return (add, delete.nanoseconds)
    }
}
