import Glibc

/// What stat(2) says about a file: enough to see that it is another one, or has changed.
package struct FileStatus: Sendable, Hashable {
    package var device: UInt64
    package var inode: UInt64
    package var size: Int64
    /// The last change of content or attributes, in nanoseconds since 1970.
    package var changed: Int64
    package var isRegular: Bool
    package var isLink: Bool
    /// The number of names that the file has.
    package var links: UInt64

    /// - Parameter followingLinks: false for the status of a symbolic link itself.
    package init(of path: String, followingLinks: Bool = true) throws(SystemError) {
        var buffer = stat()
        try systemCall("stat \(path)") { unsafe followingLinks ? stat(path, &buffer) : lstat(path, &buffer) }
        self.init(buffer)
    }

    package init(of file: borrowing FileDescriptor) throws(SystemError) {
        var buffer = stat()
        let descriptor = file.rawValue
        try systemCall("fstat") { unsafe fstat(descriptor, &buffer) }
        self.init(buffer)
    }

    private init(_ buffer: stat) {
        device = UInt64(buffer.st_dev)
        inode = UInt64(buffer.st_ino)
        size = Int64(buffer.st_size)
        changed = Int64(buffer.st_ctim.tv_sec) * 1_000_000_000 + Int64(buffer.st_ctim.tv_nsec)
        isRegular = buffer.st_mode & S_IFMT == S_IFREG
        isLink = buffer.st_mode & S_IFMT == S_IFLNK
        links = UInt64(buffer.st_nlink)
    }
}
