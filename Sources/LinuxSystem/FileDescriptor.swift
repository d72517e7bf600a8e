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
        var result: SystemError?
        let fd = rawValue
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            do throws(SystemError) {
                count = Int(
                    try systemCall("read") {
                        unsafe Int32(truncatingIfNeeded: Glibc.read(fd, buffer.baseAddress, capacity))
                    })
            } catch {
                result = error
            }
        }
        if let result { throw result }
        return bytes
    }

    /// Reads to the end of the file.
    ///
    /// - Parameter limit: the number of bytes past which the call fails with `EFBIG`.
    package borrowing func readToEnd(limit: Int = 1 << 28) throws(SystemError) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let part = try read(upTo: 1 << 16)
            if part.isEmpty { return all }
            all += part
            if all.count > limit { throw SystemError("read", Errno(rawValue: EFBIG)) }
        }
    }

    /// Writes all bytes, in one `write(2)` wherever the kernel takes them at once.
    ///
    /// - Parameter path: the file's, for the error.
    package borrowing func writeAll(_ bytes: some Collection<UInt8>, to path: String = "") throws(SystemError) {
        let bytes = Array(bytes)
        let fd = rawValue
        var offset = 0
        while offset < bytes.count {
            let rest = bytes[offset...]
            offset += Int(
                try systemCall(path.isEmpty ? "write" : "write \(path)") {
                    unsafe rest.withUnsafeBytes {
                        unsafe Int32(truncatingIfNeeded: Glibc.write(fd, $0.baseAddress, $0.count))
                    }
                })
        }
    }
}
