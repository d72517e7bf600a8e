import Glibc

/// The right to be the only instance of a daemon in its network namespace.
///
/// It is a listening unix socket with an abstract name: such names belong to the network namespace, leave nothing in the
/// file system and end with the process, however it ends.
package struct InstanceLock: ~Copyable, Sendable {
    private let socket: FileDescriptor

    /// Ends the thread that answers; the descriptor is closed after that.
    deinit { shutdown(socket.rawValue, Int32(SHUT_RDWR)) }

    /// What keeps a second instance from starting.
    package enum Failure: Error {
        /// Another process holds the lock; its pid as seen from here, 0 where it is in another pid namespace.
        case held(by: Int32)
        case system(SystemError)
    }

    /// Takes the lock or says who has it.
    ///
    /// - Parameter name: at most 100 bytes.
    package init(name: String) throws(Failure) {
        do throws(SystemError) {
            let descriptor = FileDescriptor(
                adopting: try systemCall("socket") {
                    Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
                })
            let fd = descriptor.rawValue
            try systemCall("bind @\(name)") { unsafe withAbstractAddress(name) { unsafe bind(fd, $0, $1) } }
            try systemCall("listen @\(name)") { listen(fd, 8) }
            // Whoever is refused connects to learn this process's pid, and must not wait for a place in the queue.
            try DedicatedThread.start("instance lock") {
                while true {
                    let client = accept(fd, nil, nil)
                    if client < 0 { return }
                    close(client)
                }
            }
            socket = descriptor
        } catch {
            guard error.errno == .addressInUse else { throw .system(error) }
            throw .held(by: holder(of: name))
        }
    }
}

/// The pid of the process that listens on an abstract name.
private func holder(of name: String) -> Int32 {
    guard
        let fd = try? systemCall("socket", { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0) })
    else { return 0 }
    let descriptor = FileDescriptor(adopting: fd)
    guard unsafe withAbstractAddress(name, { unsafe connect(descriptor.rawValue, $0, $1) }) == 0 else { return 0 }
    var credentials = [Int32](repeating: 0, count: 3)
    var length = socklen_t(12)
    _ = unsafe getsockopt(descriptor.rawValue, SOL_SOCKET, SO_PEERCRED, &credentials, &length)
    return credentials[0]
}

private func withAbstractAddress(_ name: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(name.utf8.prefix(100))
    unsafe withUnsafeMutableBytes(of: &address.sun_path) {
        for (index, byte) in bytes.enumerated() { unsafe $0[index + 1] = byte }
    }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + bytes.count)
    return unsafe withUnsafePointer(to: &address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
    }
}
