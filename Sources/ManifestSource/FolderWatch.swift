import LinuxSystem

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
        inotify = try Inotify()
        try inotify.watch(directory)
        identity = try Identity(directory)
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
