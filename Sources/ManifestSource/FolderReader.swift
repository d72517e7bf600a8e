import KubeModel
import LinuxSystem
import Logging
import Synchronization

/// The loop that follows a manifest folder.
final class FolderReader: Sendable {
    /// How long a folder that was replaced without an event (a link above it, a mount) can go unnoticed, in ms.
    private static let identityCheckInterval = 1000
    /// How long a file stays unread whose last writer's close is not told, in ms.
    private static let closeCheckInterval = 50
    /// How long to wait after an error, in ms.
    private static let retryDelay = 1000

    private let directory: String
    private let logger: Logger
    private let stopFlag: EventFlag
    /// The watch that shows that the folder can be watched; `run` takes it over.
    private let firstWatch: Mutex<FolderWatch?>

    /// - Throws: `SystemError` when the folder cannot be read or watched.
    init(_ directory: String, logger: Logger) throws(SystemError) {
        self.directory = directory
        self.logger = logger
        stopFlag = try EventFlag()
        do throws(SystemError) {
            firstWatch = Mutex(try FolderWatch(directory))
            _ = try Directory.names(in: directory)
        } catch {
            throw error.reading(manifestFolder: directory)
        }
    }

    func stop() { stopFlag.raise() }

    /// Delivers the folder and then its changes, until `stop`.
    func run(_ deliver: (SourceUpdate) -> Void) {
        var folder = ManifestFolder(directory, logger: logger)
        var watch = firstWatch.withLock { $0.take() }
        var needsScan = true
        func loseFolder() {
            if watch != nil { logger.warning("the manifest folder \(directory) is gone; its objects stay in force") }
            watch = nil
        }
        while true {
            do throws(SystemError) {
                if watch == nil {
                    watch = try FolderWatch(directory)
                    needsScan = true
                    logger.info("the manifest folder \(directory) is back")
                }
                if needsScan {
                    deliver(try folder.scan())
                    needsScan = false
                }
                let patience = folder.awaitsClose ? Self.closeCheckInterval : Self.identityCheckInterval
                if stopFlag.wait(or: watch?.rawValue ?? -1, timeout: patience).flag { return }
                let events = try watch?.drain(stopFlag) ?? FolderEvents()
                // A folder that was removed and made again may have the same inode, but the watch went with the first.
                if events.folderIsGone || watch?.isCurrent(directory) != true {
                    loseFolder()
                } else if !events.isEmpty || folder.awaitsClose, let update = try folder.take(events) {
                    deliver(update)
                }
            } catch {
                // The events may be drained already; only a scan finds what they told.
                needsScan = true
                if error.errno == .notFound {
                    loseFolder()
                } else {
                    logger.error("\(error.reading(manifestFolder: directory))")
                }
                if stopFlag.wait(timeout: Self.retryDelay) { return }
            }
        }
    }
}
