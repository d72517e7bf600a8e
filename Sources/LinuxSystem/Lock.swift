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

    /// Takes the lock alone, without waiting; nil where somebody has it.
    package init?(ifFree path: String) throws(SystemError) {
        let descriptor = try FileDescriptor.open(path, O_RDWR | O_CREAT, mode: 0o600)
        let fd = descriptor.rawValue
        do throws(SystemError) {
            try systemCall("lock \(path)") { flock(fd, LOCK_EX | LOCK_NB) }
        } catch {
            if error.errno == .wouldBlock { return nil }
            throw error
        }
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
