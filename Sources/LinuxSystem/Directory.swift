package import Glibc

/// A directory's entries, and the calls that change them.
package enum Directory {
    /// The names in a directory, without `.` and `..`, in no order; what is no UTF-8 in them is repaired.
    package static func names(in path: String) throws(SystemError) -> [String] {
        var names: [String] = []
        try forEachName(in: path) { names.append(String(decoding: $0, as: UTF8.self)) }
        return names
    }

    /// The same, and apart from them the names that are not UTF-8, with those bytes escaped.
    package static func entries(in path: String) throws(SystemError) -> (names: [String], illegible: [String]) {
        var names: [String] = []
        var illegible: [String] = []
        try forEachName(in: path) { bytes in
            if let name = String(validating: bytes, as: UTF8.self) {
                names.append(name)
            } else {
                illegible.append(escaped(bytes))
            }
        }
        return (names, illegible)
    }

    private static func forEachName(in path: String, _ body: ([UInt8]) -> Void) throws(SystemError) {
        guard let stream = unsafe opendir(path) else { throw SystemError("list \(path)", .current) }
        defer { unsafe closedir(stream) }
        // The end and a failure look the same but for this.
        errno = 0
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: UInt8.self, capacity: 256) {
                    unsafe Array(UnsafeBufferPointer(start: $0, count: strnlen($0, 256)))
                }
            }
            if name != [UInt8(ascii: ".")], name != [UInt8(ascii: "."), UInt8(ascii: ".")] { body(name) }
            errno = 0
        }
        guard errno == 0 else { throw SystemError("list \(path)", .current) }
    }

    /// The names in a directory; none when it does not exist or is none.
    package static func namesIfPresent(in path: String) throws(SystemError) -> [String] {
        do throws(SystemError) {
            return try names(in: path)
        } catch {
            guard error.errno == .notFound || error.errno == .notDirectory else { throw error }
            return []
        }
    }

    /// Whether there is a file or a directory of this name.
    package static func hasEntry(_ path: String) throws(SystemError) -> Bool {
        if unsafe access(path, F_OK) == 0 { return true }
        let errno = Errno.current
        guard errno == .notFound || errno == .notDirectory else { throw SystemError("look for \(path)", errno) }
        return false
    }

    /// Makes a directory and those above it; one that exists is left as it is.
    package static func create(_ path: String, mode: mode_t = 0o755) throws(SystemError) {
        if unsafe mkdir(path, mode) == 0 { return }
        let errno = Errno.current
        switch errno {
        case .exists: return
        case .notFound:
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { break }
            try create(String(path[..<slash]), mode: mode)
            guard unsafe mkdir(path, mode) == 0 || Errno.current == .exists else {
                throw SystemError("create \(path)", .current)
            }
            return
        default: break
        }
        throw SystemError("create \(path)", errno)
    }

    /// Gives a file another content, or makes it: whoever reads it, and whatever happens meanwhile, finds the old content or
    /// the new one, whole.
    ///
    /// The caller sees to it that nobody else does so at the same time.
    package static func replaceFile(
        _ path: String, with content: some Collection<UInt8>, mode: mode_t = 0o644
    ) throws(SystemError) {
        let draft = path + ".new"
        let file = try FileDescriptor.open(draft, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        try file.writeAll(content, to: draft)
        try file.synchronize(draft)
        guard unsafe rename(draft, path) == 0 else { throw SystemError("rename \(draft)", .current) }
        // The name itself is the folder's.
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        try FileDescriptor.open(folder, O_RDONLY | O_DIRECTORY).synchronize(folder)
    }

    /// Makes a symbolic link, in the place of whatever file has its name.
    ///
    /// - Parameter target: as it is to stand in the link.
    package static func replaceLink(_ path: String, to target: String) throws(SystemError) {
        let draft = path + ".new"
        // One that a killed process left.
        try remove(draft)
        guard unsafe symlink(target, draft) == 0 else { throw SystemError("make link \(draft)", .current) }
        guard unsafe rename(draft, path) == 0 else { throw SystemError("rename \(draft)", .current) }
    }

    /// Why no file could be made in a directory that exists or would be made: it, or the nearest one above; nil when one could.
    ///
    /// Nothing is made.
    package static func obstacle(to path: String) -> SystemError? {
        var place = path
        while unsafe access(place, F_OK) != 0, Errno.current == .notFound, let slash = place.lastIndex(of: "/") {
            place = String(place[..<slash])
        }
        // The dot tells a directory from a file.
        guard unsafe access("\(place)/.", W_OK | X_OK) == 0 else { return SystemError(place, Errno.current) }
        // A file with something in it takes a block and, where those are counted, an inode.
        var status = statvfs()
        guard unsafe statvfs(place, &status) == 0 else { return SystemError(place, Errno.current) }
        let isFull = status.f_blocks > 0 && status.f_bfree == 0 || status.f_files > 0 && status.f_ffree == 0
        return isFull ? SystemError(place, .noSpace) : nil
    }

    /// Removes a file.
    ///
    /// - Returns: false when there was none.
    @discardableResult
    package static func remove(_ path: String) throws(SystemError) -> Bool {
        if unsafe unlink(path) == 0 { return true }
        let errno = Errno.current
        if errno == .notFound { return false }
        throw SystemError("remove \(path)", errno)
    }
}

/// An open directory, whose files are reached by their names without another walk along its path.
package struct OpenDirectory: ~Copyable {
    package let path: String
    private let descriptor: FileDescriptor

    package init(_ path: String) throws(SystemError) {
        descriptor = try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY)
        self.path = path
    }

    /// Opens a file, always with `O_CLOEXEC`, and with `O_NONBLOCK`, because a FIFO by its name would block; see
    /// `FileDescriptor.open`.
    package borrowing func open(_ name: String, _ flags: Int32, mode: mode_t = 0o600) throws(SystemError)
        -> FileDescriptor
    {
        let directory = descriptor.rawValue
        return FileDescriptor(
            adopting: try systemCall("open \(path)/\(name)") {
                unsafe openat(directory, name, flags | O_CLOEXEC | O_NONBLOCK, mode)
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

/// A name that is not UTF-8, fit for a message: printable ASCII as it is, every other byte as `\xff`.
func escaped(_ name: some Sequence<UInt8>) -> String {
    name.reduce(into: "") { text, byte in
        if (0x20..<0x7f).contains(byte) {
            text.unicodeScalars.append(UnicodeScalar(byte))
        } else {
            text += (byte < 0x10 ? "\\x0" : "\\x") + String(byte, radix: 16)
        }
    }
}
