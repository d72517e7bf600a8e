import Glibc
import LinuxSystem
import Synchronization

/// Transforms the elements on as many threads as the machine has CPUs, in order; for work of many milliseconds.
///
/// The caller's own thread takes part and blocks until all is done.
func concurrentMap<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ transform: @escaping @Sendable (Element) -> Result
) throws(SystemError) -> [Result] {
    let threads = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    // Small, because some elements are many times the others' work.
    let size = 32
    guard threads > 1, elements.count > size else { return elements.map(transform) }
    let work = try ChunkedWork(
        stride(from: 0, to: elements.count, by: size).map { elements[$0..<min($0 + size, elements.count)] }, transform)
    for number in 1..<threads {
        // With fewer threads it takes longer.
        try? DedicatedThread.start("manifests-\(number)") { work.run() }
    }
    work.run()
    return work.wait()
}

/// The chunks, of which each thread takes the next that is left, the results, and the flag that the last result raises.
private final class ChunkedWork<Element: Sendable, Result: Sendable>: Sendable {
    private let chunks: [ArraySlice<Element>]
    private let transform: @Sendable (Element) -> Result
    private let next = Atomic(0)
    private let results: Mutex<(parts: [[Result]], missing: Int)>
    private let isDone: EventFlag

    init(
        _ chunks: [ArraySlice<Element>], _ transform: @escaping @Sendable (Element) -> Result
    ) throws(SystemError) {
        self.chunks = chunks
        self.transform = transform
        results = Mutex((Array(repeating: [], count: chunks.count), chunks.count))
        isDone = try EventFlag()
    }

    /// Works until no chunk is left.
    func run() {
        while true {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < chunks.count else { return }
            let part = chunks[index].map(transform)
            let isLast = results.withLock { results in
                results.parts[index] = part
                results.missing -= 1
                return results.missing == 0
            }
            if isLast { isDone.raise() }
        }
    }

    func wait() -> [Result] {
        while !isDone.wait(timeout: nil) {}
        return results.withLock { $0.parts.flatMap(\.self) }
    }
}
