import CLinux
import Glibc

/// What stat(2) says about a file: enough to see that it is another one, or has changed.
package struct FileStatus: Sendable, Hashable {
    package var device: UInt64
    package var inode: UInt64
    package var size: Int64
    /// The last change of content or attributes, in nanoseconds since 1970.
    package var changed: Int64
    /// The last change of content.
    package var modified: FileTime
    package var isRegular: Bool
    package var isLink: Bool
    package var isPipe: Bool
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

    /// What differs as soon as the name leads to another file, or the file to another content.
    package var version: FileVersion { FileVersion(device: device, inode: inode, size: size, changed: changed) }

    private init(_ buffer: stat) {
        device = UInt64(buffer.st_dev)
        inode = UInt64(buffer.st_ino)
        size = Int64(buffer.st_size)
        changed = Int64(buffer.st_ctim.tv_sec) * 1_000_000_000 + Int64(buffer.st_ctim.tv_nsec)
        modified = FileTime(seconds: buffer.st_mtim.tv_sec, nanoseconds: buffer.st_mtim.tv_nsec)
        isRegular = buffer.st_mode & S_IFMT == S_IFREG
        isLink = buffer.st_mode & S_IFMT == S_IFLNK
        isPipe = buffer.st_mode & S_IFMT == S_IFIFO
        links = UInt64(buffer.st_nlink)
    }
}

/// A moment in a file's times: seconds since 1970, and nanoseconds.
package struct FileTime: Sendable, Hashable, Comparable {
    package var seconds: Int
    package var nanoseconds: Int

    package init(seconds: Int, nanoseconds: Int) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// This moment, by the clock that files' times come from.
    package static var now: FileTime {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return FileTime(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }

    package static func < (a: FileTime, b: FileTime) -> Bool {
        (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
    }
}

extension FileTime {
    /// When the file system in memory that is mounted there was made; nil for another kind, and before Linux 5.18.
    static func birth(ofMemoryAt path: String) -> FileTime? {
        var (seconds, nanoseconds) = (Int64(0), Int64(0))
        guard unsafe fairway_tmpfs_birth(path, &seconds, &nanoseconds) == 0 else { return nil }
        return FileTime(seconds: Int(seconds), nanoseconds: Int(nanoseconds))
    }
}

/// A file at one time, in few words: its last change moves with each change of content, size or rights.
package struct FileVersion: Sendable, Hashable {
    fileprivate let device: UInt64
    fileprivate let inode: UInt64
    fileprivate let size: Int64
    fileprivate let changed: Int64
}
