import Glibc

/// The three descriptors that every process starts with.
package enum StandardStream: Int32 {
    case input = 0
    case output = 1
    case error = 2

    /// Writes the whole text, in one `write(2)` wherever the kernel takes it at once.
    package func write(_ text: String) throws(SystemError) {
        let bytes = Array(text.utf8)
        let fd = rawValue
        var offset = 0
        while offset < bytes.count {
            let rest = bytes[offset...]
            offset += Int(
                try systemCall("write to descriptor \(fd)") {
                    unsafe rest.withUnsafeBytes {
                        unsafe Int32(truncatingIfNeeded: Glibc.write(fd, $0.baseAddress, $0.count))
                    }
                })
        }
    }

    /// Reads to the end of the stream.
    ///
    /// - Parameter limit: the number of bytes past which the call fails with `EFBIG`.
    package func readToEnd(limit: Int) throws(SystemError) -> [UInt8] {
        let copy = FileDescriptor(adopting: try systemCall("duplicate descriptor \(rawValue)") { dup(rawValue) })
        return try copy.readToEnd(limit: limit)
    }
}
