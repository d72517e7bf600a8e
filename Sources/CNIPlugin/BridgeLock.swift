package import LinuxSystem

/// The lock between those who join a node's bridges and those who remove one.
///
/// It is a file that root alone can open: whoever can open a file can lock it and keep everybody else waiting, and a
/// namespace's own inode is open to every process in it. The kernel uses the inode numbers of namespaces that are gone
/// again, so the files are as many as the node ever had network namespaces with a bridge at one time.
package enum BridgeLock {
    package static let directory = "/run/fairway-cni"

    package static func path(for namespace: borrowing NetworkNamespace) throws(SystemError) -> String {
        "\(directory)/netns-\(try namespace.inode()).lock"
    }

    /// Waits for the lock of a node's namespace.
    package static func take(_ kind: FileLock.Kind, for namespace: borrowing NetworkNamespace) throws(SystemError)
        -> FileLock
    {
        try Directory.create("/run")
        try Directory.create(directory, mode: 0o700)
        return try FileLock(path: try path(for: namespace), kind)
    }
}
