import Glibc

/// Files of 64-bit words in the machine's byte order, read and written at any place.
extension FileDescriptor {
    /// Reads words from a place on, fewer where the file ends before.
    ///
    /// - Parameter offset: the place, in words.
    package borrowing func readWords(_ count: Int, at offset: Int) throws(SystemError) -> [UInt64] {
        let fd = rawValue
        var failure: SystemError?
        let words = unsafe [UInt64](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(SystemError) {
                let bytes = try systemCall("read") {
                    unsafe Int32(truncatingIfNeeded: pread(fd, buffer.baseAddress, count * 8, off_t(offset * 8)))
                }
                initialized = Int(bytes) / 8
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return words
    }

    /// Writes words to a place, in one `pwrite(2)` wherever the kernel takes them at once.
    ///
    /// - Parameter offset: the place, in words.
    package borrowing func write(_ words: [UInt64], at offset: Int) throws(SystemError) {
        let fd = rawValue
        var written = 0
        while written < words.count * 8 {
            written += Int(
                try systemCall("write") {
                    unsafe words.withUnsafeBytes { bytes in
                        let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
                        return unsafe Int32(
                            truncatingIfNeeded: pwrite(fd, rest.baseAddress, rest.count, off_t(offset * 8 + written)))
                    }
                })
        }
    }

    /// Cuts the file off after so many bytes, or makes it that long.
    package borrowing func truncate(to size: Int) throws(SystemError) {
        let fd = rawValue
        try systemCall("truncate") { ftruncate(fd, off_t(size)) }
    }

    /// Replaces a short file's content, which is known, without ever making it empty.
    ///
    /// Truncating to nothing first would make some file systems write it out at once.
    package borrowing func replace(_ old: [UInt8], with new: [UInt8]) throws(SystemError) {
        let fd = rawValue
        try systemCall("write") {
            unsafe new.withUnsafeBytes { unsafe Int32(truncatingIfNeeded: pwrite(fd, $0.baseAddress, $0.count, 0)) }
        }
        if new.count < old.count { try truncate(to: new.count) }
    }
}
