import LinuxSystem
import Logging
import Synchronization

/// Notices that a configuration file says something else, on a thread of its own.
///
/// A volume's file is a link through a folder that is swapped, so that something happens in the file's folder, and not to the
/// file: whatever happens there, its content is compared.
final class ConfigurationWatch: Sendable {
    private let path: String
    private let flag: EventFlag
    private let isEnded = Mutex(false)

    /// Milliseconds between two looks where the folder cannot be watched.
    private static let pause = 5000
    /// Milliseconds in which whoever writes the file may write more.
    private static let settling = 100

    init(_ path: String) throws(SystemError) {
        self.path = path
        flag = try EventFlag()
    }

    /// Begins to look.
    ///
    /// - Parameters:
    ///   - content: what was read from the file.
    ///   - changed: told of another content that can be used; one that cannot is only logged.
    func start(
        _ content: [UInt8], _ logger: Logger, _ changed: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        try DedicatedThread.start("configuration") { [self] in
            var known = content
            var inotify = try? watching()
            while !isEnded.withLock(\.self) {
                // Also at first: something may have happened before there was a watch.
                look(&known, logger, changed)
                let isLost: Bool
                switch inotify {
                case .some(let inotify):
                    _ = flag.wait(or: inotify.rawValue, timeout: nil)
                    Pause.milliseconds(isEnded.withLock(\.self) ? 0 : Self.settling)
                    isLost = ((try? inotify.read()) ?? [.directoryGone]).contains(.directoryGone)
                case .none:
                    _ = flag.wait(timeout: Self.pause)
                    isLost = true
                }
                if isLost { inotify = try? watching() }
            }
        }
    }

    private func look(_ known: inout [UInt8], _ logger: Logger, _ changed: () -> Void) {
        guard let new = try? ConfigurationFile.content(path), new != known else { return }
        known = new
        do throws(ConfigurationError) {
            _ = try RunCommand.checked(ConfigurationFile(path, content: new))
            changed()
        } catch {
            logger.error("the configuration file has changed and cannot be used; what it said before stays: \(error)")
        }
    }

    func stop() {
        isEnded.withLock { $0 = true }
        flag.raise()
    }

    private func watching() throws(SystemError) -> Inotify {
        let inotify = try Inotify()
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        try inotify.watch(folder)
        return inotify
    }
}
