import Glibc

/// A line that the lock's holder leaves in the file for the next one.
///
/// The file is written over and never cut: a disk's file system takes milliseconds to free a file's only block.
extension FileLock {
    /// Reads the line, without its end; nil when there is none, or the last holder did not finish.
    package borrowing func line(upTo limit: Int = 1 << 20) throws(SystemError) -> [UInt8]? {
        let fd = descriptor.rawValue
        try systemCall("rewind the lock's file") { lseek(fd, 0, SEEK_SET) < 0 ? -1 : 0 }
        let content = try descriptor.readToEnd(limit: limit)
        guard let end = content.firstIndex(of: UInt8(ascii: "\n")), content.first != 0 else { return nil }
        return Array(content[..<end])
    }

    /// Whether nobody has ever written into the file.
    package borrowing func isUntouched() -> Bool { lseek(descriptor.rawValue, 0, SEEK_END) == 0 }

    /// Makes the line unreadable until another one is written.
    package borrowing func clearLine() throws(SystemError) { try write([0], at: 0) }

    /// Writes the line; its first byte comes last, so that who is killed meanwhile leaves an unreadable one.
    package borrowing func setLine(_ line: [UInt8]) throws(SystemError) {
        guard let first = line.first else { return try clearLine() }
        try clearLine()
        try write(line[1...] + [UInt8(ascii: "\n")], at: 1)
        try write([first], at: 0)
    }

    private borrowing func write(_ bytes: ArraySlice<UInt8>, at start: Int) throws(SystemError) {
        let fd = descriptor.rawValue
        var rest = bytes
        while !rest.isEmpty {
            let offset = start + rest.startIndex - bytes.startIndex
            let count = try systemCall("write the lock's file") {
                unsafe rest.withUnsafeBytes {
                    unsafe Int32(truncatingIfNeeded: pwrite(fd, $0.baseAddress, $0.count, offset))
                }
            }
            rest = rest.dropFirst(Int(count))
        }
    }
}
