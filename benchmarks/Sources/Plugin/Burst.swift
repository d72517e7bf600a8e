import Glibc
import LinuxSystem
import Synchronization

/// Many pods at once, each wired by a thread of its own.
struct Burst {
    let pods: Int

    /// Nanoseconds from the start of the first process until the last pod is ready.
    func run(_ contender: @escaping @Sendable (Int) -> Contender) throws -> Double {
        let stage = try Stage(pods: pods, contender)
        let start = MonotonicClock.now
        for number in 0..<pods { try DedicatedThread.start("pod \(number)") { stage.add(number) } }
        // A minute at most; a plugin that hangs is a failure.
        for _ in 0..<300_000 where stage.left > 0 { usleep(200) }
        let time = Double(MonotonicClock.now - start)
        if let failure = stage.failure { throw SystemError(failure, .invalid) }
        guard stage.left == 0 else { throw SystemError("\(stage.left) pods are not ready", .interrupted) }
        return time
    }
}

/// A node with the namespaces of pods that are to come.
private final class Stage: Sendable {
    private final class Pod: Sendable {
        let namespace: NetworkNamespace
        init() throws { namespace = try NetworkNamespace.fresh() }
    }

    private let node: BenchNode
    private let pods: [Pod]
    private let contender: @Sendable (Int) -> Contender
    private let running: Atomic<Int>
    private let failures = Mutex<[String]>([])

    init(pods count: Int, _ contender: @escaping @Sendable (Int) -> Contender) throws {
        node = try BenchNode()
        pods = try (0..<count).map { _ in try Pod() }
        self.contender = contender
        running = Atomic(count)
    }

    var left: Int { running.load(ordering: .acquiring) }
    var failure: String? { failures.withLock { $0.first } }

    func add(_ number: Int) {
        let path = "/proc/\(getpid())/fd/\(pods[number].namespace.rawValue)"
        do {
            _ = try contender(number).add(pod: "pod-\(number)", namespace: path, on: node.namespace)
        } catch {
            failures.withLock { $0.append("\(error)") }
        }
        running.subtract(1, ordering: .releasing)
    }
}
