import CLinux
import Glibc

/// A `flock(2)` on a file, held until this value goes out of scope or its process ends.
package struct FileLock: ~Copyable {
    package enum Kind: Sendable {
        /// Any number of holders at once.
        case shared
        /// One holder, and no shared one.
        case exclusive
    }

    let descriptor: FileDescriptor

    /// Opens the file, creating it for its owner alone if need be, and waits for the lock.
    package init(path: String, _ kind: Kind = .exclusive) throws(SystemError) {
        let descriptor = try FileDescriptor.open(path, O_RDWR | O_CREAT, mode: 0o600)
        let fd = descriptor.rawValue
        try systemCall("lock \(path)") { flock(fd, kind == .shared ? LOCK_SH : LOCK_EX) }
        self.descriptor = descriptor
    }

    /// Runs a body while the lock is held.
    package borrowing func whileHeld<T, Failure>(_ body: () throws(Failure) -> T) throws(Failure) -> T { try body() }
}
