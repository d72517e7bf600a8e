import Glibc
import LinuxSystem

/// A manifest file as it was found on disk.
struct LoadedFile: Sendable {
    /// What a file may have, in MiB: all of it lies in memory while it is read.
    private static let maximumSize = 256

    let name: String
    /// nil where the file is to be read again at the next scan, whatever its status.
    private(set) var status: FileStatus?
    /// nil where there is no file by that name.
    private(set) var reading: FileReading?
    /// True where it was not read because somebody has it open for writing.
    private(set) var isBeingWritten = false

    init(_ name: String, in directory: String) {
        self.name = name
        // Writers are kept out while it is read, not while it is parsed.
        if let content = content("\(directory)/\(name)") { reading = FileReading(content) }
    }

    /// Reads the file; nil where there is nothing to parse.
    private mutating func content(_ path: String) -> [UInt8]? {
        do throws(SystemError) {
            // A FIFO by such a name would block the open without O_NONBLOCK.
            let file = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
            let status = try FileStatus(of: file)
            guard status.isRegular else {
                self.status = status
                return nil
            }
            guard status.size <= Self.maximumSize << 20 else {
                self.status = status
                reading = FileReading(
                    unreadable: "is larger than \(Self.maximumSize) MiB and is not read; split it into several files")
                return nil
            }
            // A file that is rewritten in place is empty for a moment, which would take its objects away.
            guard Self.keepWritersOut(of: file) else {
                isBeingWritten = true
                reading = FileReading(unreadable: "is being written; it counts when it is closed", level: .debug)
                return nil
            }
            let content = try file.readToEnd(expecting: Int(status.size), limit: Self.maximumSize << 20)
            self.status = status
            return content
        } catch  where error.errno == .notFound {
        } catch {
            reading = FileReading(unreadable: "cannot be read: \(error.errno)")
        }
        return nil
    }

    /// Tries for a moment: the kernel reports a writer's close just before it forgets the writer.
    ///
    /// Not longer: there may be hundreds of such files, and they are looked at again.
    private static func keepWritersOut(of file: borrowing FileDescriptor) -> Bool {
        for pause: UInt32 in [20, 50, 100] {
            if file.keepWritersOut() != false { return true }
            usleep(pause)
        }
        return file.keepWritersOut() != false
    }
}
