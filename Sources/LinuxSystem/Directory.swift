package import Glibc

/// A directory's entries, and the calls that change them.
package enum Directory {
    /// The names in a directory, without `.` and `..`, in no order.
    package static func names(in path: String) throws(SystemError) -> [String] {
        guard let stream = unsafe opendir(path) else { throw SystemError("list \(path)", .current) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        // The end and a failure look the same but for this.
        errno = 0
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw SystemError("list \(path)", .current) }
        return names
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

    /// Gives a file a second name.
    ///
    /// - Returns: false when the name is taken.
    package static func link(_ path: String, as name: String) throws(SystemError) -> Bool {
        if unsafe Glibc.link(path, name) == 0 { return true }
        let errno = Errno.current
        if errno == .exists { return false }
        throw SystemError("create \(name)", errno)
    }
}
