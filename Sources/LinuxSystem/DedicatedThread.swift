import CLinux
import Glibc

/// Runs a blocking body on a thread of its own, away from the Swift concurrency pool.
///
/// The pool has one thread per CPU and must never block; a namespace entered by a pool thread would leak into
/// unrelated tasks. A dedicated thread may do both, because it ends with its body.
package enum DedicatedThread {
    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a detached thread.
    ///
    /// - Parameter name: shown by `ps -L`, at most 15 bytes; longer names are cut.
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        _ = try create(name, body, detached: true)
    }

    /// Runs a body on a fresh thread and waits for it, for work that changes the thread's own state (`setns`).
    ///
    /// The caller blocks: call it from synchronous programs and from dedicated threads only.
    package static func run(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let thread = try create(name, body, detached: false)
        pthread_join(thread, nil)
    }

    private static func create(_ name: String, _ body: @escaping @Sendable () -> Void, detached: Bool)
        throws(SystemError) -> pthread_t
    {
        let context = unsafe Unmanaged.passRetained(Box(body))
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread, nil,
            { pointer in
                if let pointer = unsafe pointer {
                    unsafe Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body()
                }
                return nil
            }, context.toOpaque())
        guard result == 0 else {
            unsafe context.release()
            throw SystemError("start thread \(name)", Errno(rawValue: result))
        }
        unsafe fairway_thread_setname(thread, String(name.prefix(15)))
        if detached { pthread_detach(thread) }
        return thread
    }
}
