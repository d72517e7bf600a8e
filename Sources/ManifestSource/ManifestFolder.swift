import Glibc
import LinuxSystem
import Logging

/// The files of a manifest folder as they were last read.
struct ManifestFolder {
    private let directory: String
    private let logger: Logger
    private var catalogue = Catalogue()
    /// The files that exist, as they were when they were read.
    private var statuses: [String: FileStatus] = [:]

    init(_ directory: String, logger: Logger) {
        self.directory = directory
        self.logger = logger
    }

    /// Looks at the whole folder and reads what is not as it was last read.
    mutating func scan() throws(SystemError) -> SourceUpdate {
        let present = Set(try Directory.names(in: directory).filter(isManifest))
        let changed = present.union(statuses.keys).filter { name in
            guard let known = statuses[name], present.contains(name) else { return true }
            return (try? FileStatus(of: path(name))) != known
        }
        return read(changed)
    }

    /// Takes what a batch of events asks for; nil where nothing comes of it.
    mutating func take(_ events: FolderEvents) throws(SystemError) -> SourceUpdate? {
        let before = catalogue.unreadable
        let update: SourceUpdate
        if events.needsScan {
            update = try scan()
        } else {
            update = read(events.files.union(events.created.filter(isLink)))
        }
        return update.changes.isEmpty && update.unreadable == before ? nil : update
    }

    private func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// True for a symbolic link and for a second name of a file, neither of which is ever closed after writing.
    private func isLink(_ name: String) -> Bool {
        guard let status = try? FileStatus(of: path(name), followingLinks: false) else { return false }
        return status.isLink || (status.isRegular && status.links > 1)
    }

    private mutating func read(_ names: Set<String>) -> SourceUpdate {
        var batch: [(name: String, reading: FileReading?)] = []
        for name in names.sorted() {
            let reading = read(name)
            batch.append((name, reading))
            for remark in reading?.remarks ?? [] { log(remark, in: name) }
        }
        let update = catalogue.apply(batch)
        for duplicate in update.duplicates {
            logger.warning(
                "\(duplicate.id) stands in several files: \(duplicate.winner) counts, \(duplicate.others.joined(separator: ", ")) does not"
            )
        }
        return SourceUpdate(changes: update.changes, complete: true, unreadable: catalogue.unreadable)
    }

    /// Reads a file; nil where there is none by that name.
    private mutating func read(_ name: String) -> FileReading? {
        do throws(SystemError) {
            // A FIFO by such a name would block the open without O_NONBLOCK.
            let file = try FileDescriptor.open(path(name), O_RDONLY | O_NONBLOCK | O_NOCTTY)
            let status = try FileStatus(of: file)
            statuses[name] = status
            guard status.isRegular else { return nil }
            // A file that is rewritten in place is empty for a moment, which would take its objects away.
            guard file.keepWritersOut() else {
                statuses[name] = nil
                return FileReading(unreadable: "is being written; it counts when it is closed", level: .debug)
            }
            return FileReading(try file.readToEnd())
        } catch  where error.errno == .notFound {
            statuses[name] = nil
            return nil
        } catch {
            statuses[name] = nil
            return FileReading(unreadable: "cannot be read: \(error.errno)")
        }
    }

    private func log(_ remark: FileReading.Remark, in name: String) {
        let place = remark.line.map { "\(name):\($0)" } ?? name
        switch remark.level {
        case .error: logger.error("\(place): \(remark.text)")
        case .warning: logger.warning("\(place): \(remark.text)")
        case .debug: logger.debug("\(place): \(remark.text)")
        }
    }
}
