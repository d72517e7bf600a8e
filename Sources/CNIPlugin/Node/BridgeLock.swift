import AttachmentStore
import Attachments
package import LinuxSystem

/// The lock between those who join a node's bridges and those who remove one.
///
/// It is a file that root alone can open: whoever can open a file can lock it and keep everybody else waiting, and a
/// namespace's own inode is open to every process in it.
package enum BridgeLock {
    /// The lock's file, of the node whose network namespace the calling thread is in.
    package static func path() throws(SystemError) -> String { "\(try AttachmentStore().path)/.bridges" }

    /// Waits for the lock of the node whose network namespace the calling thread is in.
    package static func take(_ kind: FileLock.Kind) throws(SystemError) -> FileLock {
        let store = try AttachmentStore().path
        try Directory.create(store, mode: 0o700)
        return try FileLock(path: "\(store)/.bridges", kind)
    }
}
