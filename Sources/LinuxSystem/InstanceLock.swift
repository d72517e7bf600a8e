import Glibc

/// The right to be the only instance of a daemon in its network namespace.
///
/// It is listening unix sockets with abstract names: such names belong to the network namespace, leave nothing in the
/// file system and end with the process, however it ends. Any process may bind any of them. So there are two: one that a
/// stranger holds is passed over, and every start takes both where it can and looks at who has the other.
package struct InstanceLock: ~Copyable, Sendable {
    private let first: AbstractName?
    private let second: AbstractName?
    /// Who holds a name without the right to be an instance.
    package let strangers: [Holder]

    /// A process that holds a name.
    package struct Holder: Sendable, Hashable {
        package let name: String
        /// As seen from here; 0 where it is in another pid namespace or does not say.
        package let pid: Int32
        /// Nil where it does not say.
        package let user: UInt32?

        /// Root, or whoever this process is: what may run the daemon.
        var isInstance: Bool { user == 0 || user == geteuid() }
    }

    /// What keeps a second instance from starting.
    package enum Failure: Error {
        /// Another instance holds the lock.
        case held(by: Holder)
        /// Strangers hold all names.
        case obstructed(by: [Holder])
        case system(SystemError)
    }

    private init(first: consuming AbstractName?, second: consuming AbstractName?, strangers: [Holder]) {
        self.first = first
        self.second = second
        self.strangers = strangers
    }

    /// Takes the lock or says who has it.
    ///
    /// - Parameter name: at most 90 bytes; the second one has a suffix.
    package init(name: String) throws(Failure) {
        var strangers: [Holder] = []
        let first = try AbstractName.take(name, &strangers)
        let second = try AbstractName.take("\(name)-2", &strangers)
        if strangers.count == 2 { throw .obstructed(by: strangers) }
        self.init(first: first, second: second, strangers: strangers)
    }
}

/// An abstract name that this process listens on.
package struct AbstractName: ~Copyable, Sendable {
    private let socket: FileDescriptor

    /// Ends the thread that answers; the descriptor is closed after that.
    deinit { shutdown(socket.rawValue, Int32(SHUT_RDWR)) }

    /// Takes a name, or notes the stranger who has it.
    ///
    /// - Throws: where an instance has it.
    fileprivate static func take(_ name: String, _ strangers: inout [InstanceLock.Holder]) throws(InstanceLock.Failure)
        -> AbstractName?
    {
        do throws(SystemError) {
            return try AbstractName(name)
        } catch {
            guard error.errno == .addressInUse else { throw .system(error) }
        }
        let holder = InstanceLock.Holder(of: name)
        if holder.isInstance { throw .held(by: holder) }
        strangers.append(holder)
        return nil
    }

    private init(_ name: String) throws(SystemError) {
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
    }
}

extension InstanceLock.Holder {
    /// An instance listens a moment after it has the name, and answers at once.
    private static let attempts = 50

    /// The process that has a name, as the kernel tells whoever connects to it.
    fileprivate init(of name: String) {
        for _ in 0..<Self.attempts {
            if let found = Self.credentials(name) {
                self.init(name: name, pid: found.pid, user: found.uid)
                return
            }
            Pause.milliseconds(10)
        }
        self.init(name: name, pid: 0, user: nil)
    }

    /// Nil while the holder does not listen, and where its queue is full: nobody waits for it.
    private static func credentials(_ name: String) -> Credentials? {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        guard let fd = try? systemCall("socket", { socket(AF_UNIX, kind, 0) }) else { return nil }
        let descriptor = FileDescriptor(adopting: fd)
        guard unsafe withAbstractAddress(name, { unsafe connect(descriptor.rawValue, $0, $1) }) == 0 else { return nil }
        var credentials = [UInt32](repeating: 0, count: 3)
        var length = socklen_t(12)
        guard unsafe getsockopt(descriptor.rawValue, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else {
            return nil
        }
        return Credentials(pid: Int32(bitPattern: credentials[0]), uid: credentials[1])
    }

    /// `struct ucred` of <sys/socket.h>, as far as it is looked at.
    private struct Credentials {
        let pid: Int32
        let uid: UInt32
    }
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
