package import Glibc

/// An open directory, whose files are reached by their names without another walk along its path.
package struct OpenDirectory: ~Copyable {
    package let path: String
    private let descriptor: FileDescriptor

    package init(_ path: String) throws(SystemError) {
        descriptor = try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY)
        self.path = path
    }

    /// Opens a file, always with `O_CLOEXEC`; see `FileDescriptor.open`.
    package borrowing func open(_ name: String, _ flags: Int32, mode: mode_t = 0o600) throws(SystemError)
        -> FileDescriptor
    {
        let directory = descriptor.rawValue
        return FileDescriptor(
            adopting: try systemCall("open \(path)/\(name)") {
                unsafe openat(directory, name, flags | O_CLOEXEC, mode)
            })
    }

    /// Removes a file.
    ///
    /// - Returns: false when there was none.
    @discardableResult
    package borrowing func remove(_ name: String) throws(SystemError) -> Bool {
        if unsafe unlinkat(descriptor.rawValue, name, 0) == 0 { return true }
        let errno = Errno.current
        if errno == .notFound { return false }
        throw SystemError("remove \(path)/\(name)", errno)
    }

    /// The names in the directory, without `.` and `..`, in no order.
    package borrowing func names() throws(SystemError) -> [String] { try Directory.names(in: path) }

    package borrowing func status() throws(SystemError) -> FileStatus { try FileStatus(of: descriptor) }

    /// Sets the time of the last modification.
    package borrowing func setModified(_ time: FileTime) throws(SystemError) {
        let directory = descriptor.rawValue
        let times = [
            timespec(tv_sec: 0, tv_nsec: Self.omit), timespec(tv_sec: time.seconds, tv_nsec: time.nanoseconds),
        ]
        try systemCall("set the times of \(path)") { unsafe futimens(directory, times) }
    }

    /// UTIME_OMIT of `<sys/stat.h>`, a macro that Swift does not import.
    private static let omit = (1 << 30) - 2
}
