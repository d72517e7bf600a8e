import Glibc
import LinuxSystem

/// A manifest file as it was found on disk.
struct LoadedFile: Sendable {
    let name: String
    /// nil where the file is to be read again at the next scan, whatever its status.
    private(set) var status: FileStatus?
    /// nil where there is no file by that name.
    private(set) var reading: FileReading?
    /// True where it was not read because somebody has it open for writing.
    private(set) var isBeingWritten = false

    init(_ name: String, in directory: String) {
        self.name = name
        do throws(SystemError) {
            // A FIFO by such a name would block the open without O_NONBLOCK.
            let file = try FileDescriptor.open("\(directory)/\(name)", O_RDONLY | O_NONBLOCK | O_NOCTTY)
            let status = try FileStatus(of: file)
            guard status.isRegular else {
                self.status = status
                return
            }
            // A file that is rewritten in place is empty for a moment, which would take its objects away.
            guard Self.keepWritersOut(of: file) else {
                isBeingWritten = true
                reading = FileReading(unreadable: "is being written; it counts when it is closed", level: .debug)
                return
            }
            reading = FileReading(try file.readToEnd())
            self.status = status
        } catch  where error.errno == .notFound {
        } catch {
            reading = FileReading(unreadable: "cannot be read: \(error.errno)")
        }
    }

    /// Tries for a tenth of a second: the kernel reports a writer's close a moment before it forgets the writer, and
    /// there is no second report.
    private static func keepWritersOut(of file: borrowing FileDescriptor) -> Bool {
        for _ in 0..<50 {
            if file.keepWritersOut() != false { return true }
            usleep(2000)
        }
        return file.keepWritersOut() != false
    }
}
