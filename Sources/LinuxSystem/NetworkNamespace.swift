import CLinux
import Glibc

/// An open network namespace.
package struct NetworkNamespace: ~Copyable, Sendable {
    private let descriptor: FileDescriptor
    /// Where it was opened, for messages.
    package let path: String

    /// Opens the namespace that a path such as `/run/netns/a` names.
    ///
    /// - Throws: `SystemError` with `EINVAL` when the file is no network namespace.
    package init(path: String) throws(SystemError) {
        let descriptor = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK)
        guard fairway_namespace_type(descriptor.rawValue) == fairway_clone_newnet() else {
            throw SystemError("open \(path) as a network namespace", .invalid)
        }
        self.descriptor = descriptor
        self.path = path
    }

    /// Opens the calling thread's namespace.
    package static func current() throws(SystemError) -> NetworkNamespace {
        try NetworkNamespace(path: "/proc/thread-self/ns/net")
    }

    /// The descriptor's number, for the length of a call only.
    package var rawValue: Int32 { descriptor.rawValue }

    /// Whether both are the same namespace, whatever paths they were opened by.
    package borrowing func isSame(as other: borrowing NetworkNamespace) throws(SystemError) -> Bool {
        let a = try identity()
        let b = try other.identity()
        return a == b
    }

    /// The number that no other living namespace has.
    package borrowing func inode() throws(SystemError) -> UInt64 { try FileStatus(of: descriptor).inode }

    private borrowing func identity() throws(SystemError) -> [UInt64] {
        var status = stat()
        let fd = descriptor.rawValue
        try systemCall("stat \(path)") { unsafe fstat(fd, &status) }
        return [UInt64(status.st_dev), UInt64(status.st_ino)]
    }

    /// Moves the calling thread into this namespace.
    ///
    /// For synchronous programs and dedicated threads only, never for a thread of the Swift concurrency pool.
    package borrowing func enter() throws(SystemError) {
        let fd = descriptor.rawValue
        try systemCall("enter the network namespace \(path)") { fairway_setns(fd, fairway_clone_newnet()) }
    }

    /// Runs a body inside this namespace and returns to the one given.
    ///
    /// - Throws: what the body threw, or that the way back failed: the thread is then in the wrong namespace and the
    ///   program should end.
    package borrowing func run<T: ~Copyable>(
        returningTo home: borrowing NetworkNamespace, _ body: () throws(SystemError) -> T
    ) throws(SystemError) -> T {
        try enter()
        let result: T
        do throws(SystemError) {
            result = try body()
        } catch {
            try home.enter()
            throw error
        }
        try home.enter()
        return result
    }
}

extension NetworkNamespace {
    /// A name that no other namespace has had since the machine started.
    ///
    /// It is the namespace's cookie (SO_NETNS_COOKIE, Linux 5.14); on older kernels its inode, which only no other living
    /// namespace has. It is the calling thread's namespace's.
    package static func currentName() throws(SystemError) -> String {
        let cookie: Int32 = 71
        var value: UInt64 = 0
        var length = socklen_t(MemoryLayout<UInt64>.size)
        let descriptor = FileDescriptor(
            adopting: try systemCall("open a socket") {
                socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            })
        let fd = descriptor.rawValue
        if unsafe getsockopt(fd, SOL_SOCKET, cookie, &value, &length) == 0 { return "\(value)" }
        let errno = Errno.current
        guard errno == .protocolNotAvailable else { throw SystemError("identify the network namespace", errno) }
        return "inode-\(try current().inode())"
    }

    /// Whether the calling thread is in the namespace of process 1: the machine's own, or a container's.
    ///
    /// False too where the kernel does not let this process look at that one.
    package static func isInitial() throws(SystemError) -> Bool {
        let own = try FileStatus(of: "/proc/thread-self/ns/net")
        do throws(SystemError) {
            let first = try FileStatus(of: "/proc/1/ns/net")
            return own.device == first.device && own.inode == first.inode
        } catch {
            guard [.accessDenied, .notPermitted, .notFound].contains(error.errno) else { throw error }
            return false
        }
    }
}
