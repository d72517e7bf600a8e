import CLinux
import Synchronization

extension NetworkNamespace {
    /// Makes a network namespace that has no name and ends with its last user.
    ///
    /// It is made on a thread of its own, so the caller stays where it is; the caller blocks until then. Needs
    /// CAP_SYS_ADMIN.
    package static func fresh() throws(SystemError) -> NetworkNamespace {
        let result = ThreadResult<NetworkNamespace>()
        try DedicatedThread.run("fresh namespace") {
            result.set { () throws(SystemError) in
                _ = try systemCall("unshare the network namespace") { fairway_unshare(fairway_clone_newnet()) }
                return try NetworkNamespace.current()
            }
        }
        return try result.take()
    }

    /// Runs a body on a thread of its own inside this namespace and waits for it; the caller blocks.
    package borrowing func perform<T: ~Copyable & Sendable>(
        _ body: @escaping @Sendable () throws(SystemError) -> T
    ) throws(SystemError) -> T {
        let path = "/proc/self/fd/\(rawValue)"
        let result = ThreadResult<T>()
        try DedicatedThread.run("in namespace") {
            result.set { () throws(SystemError) in
                try NetworkNamespace(path: path).enter()
                return try body()
            }
        }
        return try result.take()
    }
}

/// Carries a result from a thread to the one that waits for it.
private final class ThreadResult<T: ~Copyable & Sendable>: Sendable {
    private struct Content: ~Copyable {
        var value: T?
        var error: SystemError?
    }

    private let content = Mutex(Content(value: nil, error: nil))

    func set(_ body: () throws(SystemError) -> sending T) {
        do throws(SystemError) {
            var value: T? = try body()
            content.withLock { $0.value = value.take() }
        } catch {
            content.withLock { $0.error = error }
        }
    }

    func take() throws(SystemError) -> T {
        if let error = content.withLock({ $0.error }) { throw error }
        var taken: T? = nil
        content.withLock { swap(&$0.value, &taken) }
        guard let value = taken.take() else { throw SystemError("thread ended without a result", .interrupted) }
        return value
    }
}
