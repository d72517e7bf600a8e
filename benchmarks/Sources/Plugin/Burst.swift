import Glibc
import LinuxSystem
import Synchronization

/// Many pods at once, each wired by a thread of its own.
struct Burst {
    let pods: Int

    struct Outcome {
        /// From the start of the first process to the end of the last.
        let nanoseconds: Double
        /// What the contenders said that failed.
        let failures: [String]
    }

    func run(_ contender: @escaping @Sendable (Int) -> Contender) throws -> Outcome {
        try run(on: BenchNode()) { number, pod, node in
            let path = "/proc/\(getpid())/fd/\(pod.rawValue)"
            _ = try contender(number).add(pod: "pod-\(number)", namespace: path, on: node.namespace)
        }
    }

    /// The same for the floor program.
    func run(floor binary: String) throws -> Outcome {
        let node = try BenchNode()
        let floor = try Floor(binary: binary, bridge: "brbench-floor", on: node)
        return try run(on: node) { number, pod, node in _ = try floor.add(number, in: pod, on: node) }
    }

    private func run(on node: BenchNode, _ add: @escaping Stage.Addition) throws -> Outcome {
        let stage = try Stage(node, pods: pods, add)
        let start = MonotonicClock.now
        for number in 0..<pods { try DedicatedThread.start("pod \(number)") { stage.add(number) } }
        // A minute at most; a plugin that hangs is a failure.
        for _ in 0..<300_000 where stage.left > 0 { usleep(200) }
        let time = Double(MonotonicClock.now - start)
        guard stage.left == 0 else { throw SystemError("\(stage.left) pods are not ready", .interrupted) }
        return Outcome(nanoseconds: time, failures: stage.failed)
    }
}

/// A node with the namespaces of pods that are to come.
private final class Stage: Sendable {
    /// Wires the pod of a number.
    typealias Addition = @Sendable (Int, borrowing NetworkNamespace, BenchNode) throws -> Void

    private final class Pod: Sendable {
        let namespace: NetworkNamespace
        init() throws { namespace = try NetworkNamespace.fresh() }
    }

    private let node: BenchNode
    private let pods: [Pod]
    private let addition: Addition
    private let running: Atomic<Int>
    private let failures = Mutex<[String]>([])

    init(_ node: BenchNode, pods count: Int, _ addition: @escaping Addition) throws {
        self.node = node
        pods = try (0..<count).map { _ in try Pod() }
        self.addition = addition
        running = Atomic(count)
    }

    var left: Int { running.load(ordering: .acquiring) }
    var failed: [String] { failures.withLock { $0 } }

    func add(_ number: Int) {
        do {
            try addition(number, pods[number].namespace, node)
        } catch {
            failures.withLock { $0.append("\(error)") }
        }
        running.subtract(1, ordering: .releasing)
    }
}
