import Glibc
import KubeModel
import LinuxSystem
import Logging
import Synchronization

/// The loop that follows a manifest folder.
final class FolderReader: Sendable {
    /// How long a folder that was replaced without an event (a link above it, a mount) can go unnoticed, in ms.
    private static let identityCheckInterval = 1000
    /// How long to wait after an error, in ms.
    private static let retryDelay = 1000

    private let directory: String
    private let logger: Logger
    /// Up when somebody stops the reader, or has read files aside.
    private let wake: EventFlag
    private let isStopped = Atomic(false)
    private let readAside = Mutex<[LoadedFile]?>(nil)
    /// The watch that shows that the folder can be watched; `run` takes it over.
    private let firstWatch: Mutex<FolderWatch?>

    /// - Throws: `SystemError` when the folder cannot be read or watched.
    init(_ directory: String, logger: Logger) throws(SystemError) {
        self.directory = directory
        self.logger = logger
        wake = try EventFlag()
        do throws(SystemError) {
            firstWatch = Mutex(try FolderWatch(directory))
            _ = try Directory.names(in: directory)
        } catch {
            throw error.reading(manifestFolder: directory)
        }
    }

    func stop() {
        isStopped.store(true, ordering: .releasing)
        wake.raise()
    }

    /// Delivers the folder and then its changes, until `stop`.
    func run(_ deliver: (SourceUpdate) -> Void) {
        var folder = ManifestFolder(directory, logger: logger)
        var watch = firstWatch.withLock { $0.take() }
        var needsScan = true
        var isFirst = true
        var looks = CloseLooks()
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
                    if isFirst {
                        deliver(try folder.scan())
                    } else if let update = try folder.take(.scan, lookingAgain: true) {
                        deliver(update)
                    }
                    (needsScan, isFirst) = (false, false)
                }
                startAside(&folder)
                looks.await(folder.unclosedCount, now: MonotonicClock.now)
                let patience = looks.patience(now: MonotonicClock.now) ?? Self.identityCheckInterval
                if wait(watch, min(patience, Self.identityCheckInterval)) { return }
                if let files = readAside.withLock({ $0.take() }), let update = folder.takeAside(files) {
                    deliver(update)
                }
                let events = try watch?.drain(wake) ?? FolderEvents()
                let lookingAgain = looks.take(now: MonotonicClock.now)
                // A folder that was removed and made again may have the same inode, but the watch went with the first.
                if events.folderIsGone || watch?.isCurrent(directory) != true {
                    loseFolder()
                } else if !events.isEmpty || lookingAgain,
                    let update = try folder.take(events, lookingAgain: lookingAgain)
                {
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
                if waitForStop(Self.retryDelay) { return }
            }
        }
    }

    /// Waits for events, for files that were read aside and for `stop`.
    ///
    /// - Returns: true after `stop`.
    private func wait(_ watch: FolderWatch?, _ timeout: Int) -> Bool {
        if wake.wait(or: watch?.rawValue ?? -1, timeout: timeout).flag { wake.lower() }
        return isStopped.load(ordering: .acquiring)
    }

    private func waitForStop(_ timeout: Int) -> Bool {
        // What was read aside is taken afterwards, so the flag stays up.
        if wake.wait(timeout: timeout), !isStopped.load(ordering: .acquiring) { usleep(UInt32(timeout) * 1000) }
        return isStopped.load(ordering: .acquiring)
    }

    /// Has the files that take long read on a thread of their own, one batch at a time.
    private func startAside(_ folder: inout ManifestFolder) {
        guard let names = folder.startAside() else { return }
        let read: @Sendable () -> Void = { [self] in
            let files = ManifestFolder.load(names, in: directory)
            readAside.withLock { $0 = files }
            wake.raise()
        }
        do throws(SystemError) {
            try DedicatedThread.start("manifests-aside", read)
        } catch {
            read()
        }
    }
}
