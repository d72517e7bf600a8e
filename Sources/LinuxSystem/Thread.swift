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

/// A flag that wakes a thread in `poll(2)`: an eventfd.
package struct EventFlag: ~Copyable, Sendable {
    private let descriptor: FileDescriptor

    package init() throws(SystemError) {
        descriptor = FileDescriptor(
            adopting: try systemCall("eventfd") { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) })
    }

    /// Raises the flag; a flag that is up already stays so.
    package borrowing func raise() { _ = eventfd_write(descriptor.rawValue, 1) }

    /// Takes the flag down.
    package borrowing func lower() {
        var value: eventfd_t = 0
        _ = unsafe eventfd_read(descriptor.rawValue, &value)
    }

    /// Waits until the flag is up.
    ///
    /// - Parameter timeout: in milliseconds; nil waits for ever.
    /// - Returns: false when the time ran out first.
    package borrowing func wait(timeout: Int?) -> Bool {
        waitForInput(descriptor.rawValue, nil, timeout: timeout).first
    }

    /// Waits until the flag is up or another descriptor has input.
    ///
    /// - Parameters:
    ///   - descriptor: the other one's number.
    ///   - timeout: in milliseconds; nil waits for ever.
    package borrowing func wait(or descriptor: Int32, timeout: Int?) -> (flag: Bool, input: Bool) {
        let ready = waitForInput(self.descriptor.rawValue, descriptor, timeout: timeout)
        return (ready.first, ready.second)
    }
}

private func waitForInput(_ first: Int32, _ second: Int32?, timeout: Int?) -> (first: Bool, second: Bool) {
    var descriptors = [pollfd(fd: first, events: Int16(POLLIN), revents: 0)]
    if let second { descriptors.append(pollfd(fd: second, events: Int16(POLLIN), revents: 0)) }
    let limit = timeout.map { Int32(clamping: $0) } ?? -1
    _ = unsafe descriptors.withUnsafeMutableBufferPointer {
        unsafe poll($0.baseAddress, nfds_t($0.count), limit)
    }
    return (descriptors[0].revents != 0, descriptors.count > 1 && descriptors[1].revents != 0)
}
