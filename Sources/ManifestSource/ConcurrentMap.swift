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
    let size = (elements.count + threads - 1) / threads
    guard threads > 1, size > 0 else { return elements.map(transform) }
    let chunks = stride(from: 0, to: elements.count, by: size).map { elements[$0..<min($0 + size, elements.count)] }
    let work = try ChunkedWork<Result>(count: chunks.count)
    for (index, chunk) in chunks.enumerated().dropFirst() {
        do throws(SystemError) {
            try DedicatedThread.start("manifests-\(index)") { work.finish(index, chunk.map(transform)) }
        } catch {
            work.finish(index, chunk.map(transform))
        }
    }
    work.finish(0, chunks[0].map(transform))
    return work.wait()
}

/// The results of the threads, and the flag that the last of them raises.
private final class ChunkedWork<Result: Sendable>: Sendable {
    private let results: Mutex<[[Result]?]>
    private let isDone: EventFlag

    init(count: Int) throws(SystemError) {
        results = Mutex(Array(repeating: nil, count: count))
        isDone = try EventFlag()
    }

    func finish(_ index: Int, _ part: [Result]) {
        let all = results.withLock { results in
            results[index] = part
            return results.allSatisfy { $0 != nil }
        }
        if all { isDone.raise() }
    }

    func wait() -> [Result] {
        while !isDone.wait(timeout: nil) {}
        return results.withLock { $0.flatMap { $0 ?? [] } }
    }
}
