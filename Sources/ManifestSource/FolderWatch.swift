import Glibc
package import LinuxSystem

/// A watch on the directory that a path led to when the watch began.
final class FolderWatch: Sendable {
    private let inotify: Inotify
    private let identity: Identity

    private struct Identity: Sendable, Hashable {
        var device: UInt64
        var inode: UInt64

        init(_ path: String) throws(SystemError) {
            let status = try FileStatus(of: path)
            device = status.device
            inode = status.inode
        }
    }

    init(_ directory: String) throws(SystemError) {
        // First, so that a directory that takes the place of another in between makes the watch outdated, not deaf.
        identity = try Identity(directory)
        inotify = try Inotify()
        try inotify.watch(directory)
    }

    var rawValue: Int32 { inotify.rawValue }

    /// False when the path leads to another directory now, or to none: it was removed, replaced or mounted over.
    func isCurrent(_ directory: String) -> Bool { (try? Identity(directory)) == identity }

    /// Everything that waits in the queue, folded; waits a moment for the second half of a rename.
    func drain(_ flag: borrowing EventFlag) throws(SystemError) -> FolderEvents {
        var events = FolderEvents()
        // Bounded: a folder that never rests must not keep its changes from being delivered.
        for _ in 0..<64 {
            let part = try inotify.read()
            for event in part { events.add(event) }
            guard part.isEmpty else { continue }
            guard events.isHalf, flag.wait(or: rawValue, timeout: 2).input else { break }
        }
        return events
    }
}

extension SystemError {
    /// The same for the folder as a whole, with the cure where the kernel has no watch left to give (inotify(7)).
    package func reading(manifestFolder directory: String) -> SystemError {
        let cure: String? =
            switch errno.rawValue {
            case EMFILE: "raise the sysctl fs.inotify.max_user_instances, or the limit of open files"
            case ENOSPC: "raise the sysctl fs.inotify.max_user_watches"
            default: nil
            }
        let what = "read the manifest folder \(directory)"
        return SystemError(cure.map { "\(what): \(operation) (\($0))" } ?? what, errno)
    }
}
