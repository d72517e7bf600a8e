import Glibc

/// What the lock's holder leaves in the file for the next one.
extension FileLock {
    /// Reads the file from its beginning.
    package borrowing func content(upTo limit: Int = 1 << 20) throws(SystemError) -> [UInt8] {
        let fd = descriptor.rawValue
        try systemCall("rewind the lock's file") { lseek(fd, 0, SEEK_SET) < 0 ? -1 : 0 }
        return try descriptor.readToEnd(limit: limit)
    }

    /// Replaces what the file holds; who is killed meanwhile leaves a part of it.
    package borrowing func setContent(_ bytes: [UInt8]) throws(SystemError) {
        let fd = descriptor.rawValue
        try systemCall("empty the lock's file") { ftruncate(fd, 0) }
        try systemCall("rewind the lock's file") { lseek(fd, 0, SEEK_SET) < 0 ? -1 : 0 }
        if !bytes.isEmpty { try descriptor.writeAll(bytes) }
    }
}
