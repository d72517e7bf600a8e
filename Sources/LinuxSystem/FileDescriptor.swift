package import Glibc

/// The owner of an open file descriptor: closes it when it goes out of scope.
package struct FileDescriptor: ~Copyable, Sendable {
    /// The descriptor's number, for the length of a call only.
    package let rawValue: Int32

    /// Takes ownership of an open descriptor.
    package init(adopting rawValue: Int32) { self.rawValue = rawValue }

    deinit { close(rawValue) }

    /// Gives ownership away: whoever takes the number closes it.
    package consuming func release() -> Int32 {
        let number = rawValue
        discard self
        return number
    }

    /// Opens a file, always with `O_CLOEXEC`.
    ///
    /// - Parameters:
    ///   - flags: the `open(2)` flags besides `O_CLOEXEC`.
    ///   - mode: the permission bits of a file that is created.
    package static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o600) throws(SystemError)
        -> FileDescriptor
    {
        FileDescriptor(
            adopting: try systemCall("open \(path)") { unsafe Glibc.open(path, flags | O_CLOEXEC, mode) })
    }

    /// Reads at most `capacity` bytes; an empty result is the end of the file.
    package borrowing func read(upTo capacity: Int) throws(SystemError) -> [UInt8] {
        try Self.read(upTo: capacity, from: rawValue)
    }

    /// - Parameter fd: an open descriptor's number.
    static func read(upTo capacity: Int, from fd: Int32) throws(SystemError) -> [UInt8] {
        unsafe try filled(capacity) { unsafe Glibc.read(fd, $0.baseAddress, $0.count) }
    }

    /// Reads to the end of the file.
    ///
    /// - Parameters:
    ///   - size: the file's, as it was told; where it still is that, one `read(2)` is enough.
    ///   - limit: the number of bytes past which the call fails with `EFBIG`.
    package borrowing func readToEnd(expecting size: Int = 0, limit: Int = 1 << 28) throws(SystemError) -> [UInt8] {
        var all: [UInt8] = []
        if size > 0 {
            all = try read(upTo: size + 1)
            if all.count == size { return all }
        }
        while true {
            let part = try read(upTo: 1 << 16)
            if part.isEmpty { return all }
            all += part
            if all.count > limit { throw SystemError("read", .fileTooBig) }
        }
    }

    /// Writes all bytes, in one `write(2)` wherever the kernel takes them at once.
    ///
    /// - Parameter path: the file's, for the error.
    package borrowing func writeAll(_ bytes: some Collection<UInt8>, to path: String = "") throws(SystemError) {
        unsafe try Self.write(Array(bytes).span.bytes, to: rawValue, path.isEmpty ? "write" : "write \(path)")
    }

    /// Waits until the disk has what was written, so that a power cut does not take it back.
    package borrowing func synchronize(_ path: String = "") throws(SystemError) {
        let fd = rawValue
        try systemCall("synchronize \(path)") { fdatasync(fd) }
    }

    /// Writes all bytes.
    ///
    /// - Parameters:
    ///   - fd: an open descriptor's number.
    ///   - place: where in the file; nil for where the descriptor stands.
    static func write(_ bytes: RawSpan, to fd: Int32, at place: Int? = nil, _ operation: @autoclosure () -> String)
        throws(SystemError)
    {
        var written = 0
        while written < bytes.byteCount {
            let rest = bytes.extracting(droppingFirst: written)
            written += Int(
                try systemCall(operation()) {
                    unsafe rest.withUnsafeBytes {
                        guard let place else {
                            return unsafe Int32(truncatingIfNeeded: Glibc.write(fd, $0.baseAddress, $0.count))
                        }
                        let offset = off_t(place + written)
                        return unsafe Int32(truncatingIfNeeded: pwrite(fd, $0.baseAddress, $0.count, offset))
                    }
                })
        }
    }
}

/// Files of 64-bit words in the machine's byte order, read and written at any place.
extension FileDescriptor {
    /// Reads words from a place on, fewer where the file ends before.
    ///
    /// - Parameter offset: the place, in words.
    package borrowing func readWords(_ count: Int, at offset: Int) throws(SystemError) -> [UInt64] {
        let fd = rawValue
        return unsafe try filled(count) { unsafe pread(fd, $0.baseAddress, $0.count, off_t(offset * 8)) }
    }

    /// Writes words to a place.
    ///
    /// - Parameter offset: the place, in words.
    package borrowing func write(_ words: [UInt64], at offset: Int) throws(SystemError) {
        unsafe try Self.write(words.span.bytes, to: rawValue, at: offset * 8, "write")
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
        unsafe try Self.write(new.span.bytes, to: rawValue, at: 0, "write")
        if new.count < old.count { try truncate(to: new.count) }
    }
}

/// An array that one system call fills, which is called again for as long as a signal interrupts it.
private func filled<Element: BitwiseCopyable>(
    _ capacity: Int, _ call: (UnsafeMutableRawBufferPointer) -> Int
) throws(SystemError) -> [Element] {
    var failure: SystemError?
    let elements = unsafe [Element](unsafeUninitializedCapacity: capacity) { buffer, count in
        do throws(SystemError) {
            let bytes = try systemCall("read") {
                unsafe Int32(truncatingIfNeeded: call(UnsafeMutableRawBufferPointer(buffer)))
            }
            count = Int(bytes) / MemoryLayout<Element>.stride
        } catch {
            failure = error
        }
    }
    if let failure { throw failure }
    return elements
}
