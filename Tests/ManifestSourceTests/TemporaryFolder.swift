import Glibc
import LinuxSystem
import TestSupport

/// A folder of a test's own, removed with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/fairway-manifests.XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw Errno.current }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try setMode(0o755)
    }

    deinit { removeTree(path) }

    /// Writes in place, as a shell's `>` does.
    func write(_ name: String, _ text: String) throws {
        let file = try FileDescriptor.open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        try file.writeAll(text.utf8)
    }

    func rename(_ old: String, _ new: String) throws {
        try systemCall("rename \(old)") { unsafe Glibc.rename("\(path)/\(old)", "\(path)/\(new)") }
    }

    func remove(_ name: String) throws { try systemCall("unlink \(name)") { unsafe unlink("\(path)/\(name)") } }

    func link(_ name: String, to target: String) throws {
        try systemCall("symlink \(name)") { unsafe symlink(target, "\(path)/\(name)") }
    }

    /// Gives a name to a file that was made without one (O_TMPFILE); it stays open for writing.
    func linkNameless(_ name: String, _ text: String) throws -> FileDescriptor {
        // O_TMPFILE, AT_SYMLINK_FOLLOW: Swift's Glibc module does not have the first; open(2) asks for the second.
        let file = try FileDescriptor.open(path, 0o20_200_000 | O_WRONLY, mode: 0o644)
        try file.writeAll(text.utf8)
        let number = file.rawValue
        try systemCall("linkat \(name)") {
            unsafe linkat(AT_FDCWD, "/proc/self/fd/\(number)", AT_FDCWD, "\(path)/\(name)", 0x400)
        }
        return file
    }

    func makeFolder(_ name: String) throws {
        try systemCall("mkdir \(name)") { unsafe mkdir("\(path)/\(name)", 0o755) }
    }

    func setMode(_ mode: mode_t, of name: String) throws {
        try systemCall("chmod \(name)") { unsafe chmod("\(path)/\(name)", mode) }
    }

    func setMode(_ mode: mode_t) throws { try systemCall("chmod \(path)") { unsafe chmod(path, mode) } }
}
