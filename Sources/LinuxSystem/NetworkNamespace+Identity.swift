import Glibc

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
