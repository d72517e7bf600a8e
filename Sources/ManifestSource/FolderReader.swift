import LinuxSystem
import Logging

/// The loop that follows a manifest folder.
final class FolderReader: Sendable {
    /// How long a folder that was replaced without an event (a link above it, a mount) can go unnoticed, in ms.
    private static let identityCheckInterval = 1000

    private let directory: String
    private let logger: Logger
    private let stopFlag: EventFlag
    private let firstWatch: FolderWatch

    /// - Throws: `SystemError` when the folder cannot be read or watched.
    init(_ directory: String, logger: Logger) throws(SystemError) {
        self.directory = directory
        self.logger = logger
        stopFlag = try EventFlag()
        do throws(SystemError) {
            firstWatch = try FolderWatch(directory)
            _ = try Directory.names(in: directory)
        } catch {
            throw SystemError("read the manifest folder \(directory)", error.errno)
        }
    }

    func stop() { stopFlag.raise() }

    /// Delivers the folder and then its changes, until `stop`.
    func run(_ deliver: (SourceUpdate) -> Void) {
        var folder = ManifestFolder(directory, logger: logger)
        var watch: FolderWatch? = firstWatch
        var isDelivered = false
        while true {
            do throws(SystemError) {
                if watch?.isCurrent(directory) != true {
                    if watch != nil {
                        logger.warning("the manifest folder \(directory) is gone; its objects stay in force")
                    }
                    watch = nil
                    watch = try FolderWatch(directory)
                    logger.info("the manifest folder \(directory) is back")
                    deliver(try folder.scan())
                    isDelivered = true
                } else if !isDelivered {
                    deliver(try folder.scan())
                    isDelivered = true
                } else if let events = try watch?.drain(stopFlag), !events.isEmpty,
                    let update = try folder.take(events)
                {
                    deliver(update)
                }
            } catch {
                if watch != nil { logger.error("cannot read the manifest folder: \(error)") }
            }
            if stopFlag.wait(or: watch?.rawValue ?? -1, timeout: Self.identityCheckInterval).flag { return }
        }
    }
}
