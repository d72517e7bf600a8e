import Glibc

/// A `flock(2)` on a file, held until this value goes out of scope or its process ends.
package struct FileLock: ~Copyable {
    package enum Kind: Sendable {
        /// Any number of holders at once.
        case shared
        /// One holder, and no shared one.
        case exclusive
    }

    private let descriptor: FileDescriptor

    /// Opens the file, creating it for its owner alone if need be, and waits for the lock.
    package init(path: String, _ kind: Kind = .exclusive) throws(SystemError) {
        let descriptor = try FileDescriptor.open(path, O_RDWR | O_CREAT, mode: 0o600)
        let fd = descriptor.rawValue
        try systemCall("lock \(path)") { flock(fd, kind == .shared ? LOCK_SH : LOCK_EX) }
        self.descriptor = descriptor
    }
}

/// A line that the lock's holder leaves in the file for the next one.
///
/// The file is written over and never cut: a disk's file system takes milliseconds to free a file's only block.
extension FileLock {
    /// Reads the line, without its end; nil when there is none, or the last holder did not finish.
    package borrowing func line(upTo limit: Int = 1 << 20) throws(SystemError) -> [UInt8]? {
        let fd = descriptor.rawValue
        try systemCall("rewind the lock's file") { lseek(fd, 0, SEEK_SET) < 0 ? -1 : 0 }
        let content = try descriptor.readToEnd(limit: limit)
        guard let end = content.firstIndex(of: UInt8(ascii: "\n")), content.first != 0 else { return nil }
        return Array(content[..<end])
    }

    /// Whether nobody has ever written into the file.
    package borrowing func isUntouched() -> Bool { lseek(descriptor.rawValue, 0, SEEK_END) == 0 }

    /// Makes the line unreadable until another one is written.
    package borrowing func clearLine() throws(SystemError) { try write([0], at: 0) }

    /// Writes the line; its first byte comes last, so that who is killed meanwhile leaves an unreadable one.
    package borrowing func setLine(_ line: [UInt8]) throws(SystemError) {
        guard let first = line.first else { return try clearLine() }
        try clearLine()
        try write(line[1...] + [UInt8(ascii: "\n")], at: 1)
        try write([first], at: 0)
    }

    private borrowing func write(_ bytes: ArraySlice<UInt8>, at place: Int) throws(SystemError) {
        unsafe try FileDescriptor.write(
            bytes.span.bytes, to: descriptor.rawValue, at: place, "write the lock's file")
    }
}

extension FileDescriptor {
    /// Keeps writers out for as long as this descriptor of a regular file is open for reading: a lease (fcntl(2)).
    ///
    /// A program that opens the file for writing meanwhile waits for the descriptor's end; hold it for a moment only.
    /// The lease takes the file's owner or CAP_LEASE, and a file system that has leases; without it writers are not
    /// kept out.
    ///
    /// - Returns: false when the file is open for writing at this moment; nil when nobody can tell.
    package borrowing func keepWritersOut() -> Bool? {
        // F_SETSIG, F_SETLEASE: <linux/fcntl.h>; Swift's Glibc module does not have what _GNU_SOURCE guards.
        let setSignal: Int32 = 10
        let setLease: Int32 = 1024
        // The kernel tells the holder of a writer that waits; the default, SIGIO, would end the process.
        guard fcntl(rawValue, setSignal, SIGURG) == 0 else { return nil }
        if fcntl(rawValue, setLease, Int32(F_RDLCK)) == 0 { return true }
        return Errno.current == .wouldBlock ? false : nil
    }
}

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
