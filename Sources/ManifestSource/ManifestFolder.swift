import KubeModel
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
        let before = (catalogue.unreadable, catalogue.unreadableObjects)
        let update: SourceUpdate
        if events.needsScan {
            update = try scan()
        } else {
            update = read(events.files.union(events.created.filter(isLink)))
        }
        return update.changes.isEmpty && (update.unreadable, update.unreadableObjects) == before ? nil : update
    }

    private func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// True for a symbolic link and for a second name of a file, neither of which is ever closed after writing.
    private func isLink(_ name: String) -> Bool {
        guard let status = try? FileStatus(of: path(name), followingLinks: false) else { return false }
        return status.isLink || (status.isRegular && status.links > 1)
    }

    private mutating func read(_ names: Set<String>) -> SourceUpdate {
        let batch = load(names.sorted())
        for file in batch {
            statuses[file.name] = file.status
            for remark in file.reading?.remarks ?? [] { log(remark, in: file.name) }
        }
        let update = catalogue.apply(batch.map { ($0.name, $0.reading) })
        for duplicate in update.duplicates {
            logger.warning(
                "\(duplicate.id) stands in several files: \(duplicate.winner) counts, \(duplicate.others.joined(separator: ", ")) does not"
            )
        }
        return SourceUpdate(
            changes: update.changes, complete: true, unreadable: catalogue.unreadable,
            unreadableObjects: catalogue.unreadableObjects)
    }

    /// Reads files, on several threads where they are many.
    private func load(_ names: [String]) -> [LoadedFile] {
        let directory = directory
        let many = 256
        if names.count >= many, let files = try? concurrentMap(names, { LoadedFile($0, in: directory) }) {
            return files
        }
        return names.map { LoadedFile($0, in: directory) }
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
