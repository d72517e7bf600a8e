package import KubeModel
import LinuxSystem
package import Logging
import Synchronization

/// Objects from the manifests in a folder, which is watched.
///
/// A file counts when it was closed after writing, renamed in, linked or removed. While the folder itself is away,
/// what it contained stays in force.
package final class ManifestSource: ObjectSource {
    private let directory: String
    private let logger: Logger
    private let reader = Mutex<FolderReader?>(nil)

    package init(directory: String, logger: Logger) {
        self.directory = directory
        self.logger = logger
    }

    /// Starts a thread that delivers the whole folder, and then one update per batch of changes.
    ///
    /// - Parameter deliver: called on that thread, never concurrently.
    /// - Throws: `SystemError` when the folder cannot be read or watched.
    package func start(deliver: @escaping @Sendable (SourceUpdate) -> Void) throws {
        let new = try FolderReader(directory, logger: logger)
        let isFirst = reader.withLock { reader in
            if reader != nil { return false }
            reader = new
            return true
        }
        guard isFirst else { return }
        try DedicatedThread.start("manifests") { new.run(deliver) }
    }

    /// Ends the thread soon; an update that is being delivered is still delivered.
    package func stop() { reader.withLock { $0?.stop() } }
}
