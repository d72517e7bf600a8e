import Glibc
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
    /// The files to look at as soon as nobody writes them.
    ///
    /// Nothing need tell of that: what is written without a name (O_TMPFILE) and linked before it is closed is closed
    /// under no name of the folder.
    private var unclosed: Set<String> = []

    init(_ directory: String, logger: Logger) {
        self.directory = directory
        self.logger = logger
    }

    /// True while somebody writes a file whose close may go unnoticed: `take` is to be called again.
    var awaitsClose: Bool { !unclosed.isEmpty }

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
        unclosed.formUnion(events.unclosed)
        let update =
            events.needsScan ? try scan() : read(events.files.union(settledFiles(besides: events.files)))
        return update.changes.isEmpty && (update.unreadable, update.unreadableObjects) == before ? nil : update
    }

    private func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// The files that count though no close told of them; keeps those that somebody still writes.
    private mutating func settledFiles(besides closed: Set<String>) -> Set<String> {
        let states = unclosed.subtracting(closed).map { ($0, writing(of: $0)) }
        unclosed = Set(states.filter { $0.1 == .going }.map(\.0))
        return Set(states.filter { $0.1 == .done }.map(\.0))
    }

    private enum Writing {
        /// The name has been given to a whole file, as link(2) and symlink(2) do.
        case done
        /// The file is open for writing.
        case going
        /// There is nothing yet, or nobody can tell: whoever made the file is to write and close it.
        case ahead
    }

    private func writing(of name: String) -> Writing {
        guard let entry = try? FileStatus(of: path(name), followingLinks: false) else { return .ahead }
        guard let status = try? FileStatus(of: path(name)) else { return .done }
        // Opening a FIFO that just came could wake its writer.
        guard status.isRegular else { return .ahead }
        do throws(SystemError) {
            let file = try FileDescriptor.open(path(name), O_RDONLY | O_NONBLOCK | O_NOCTTY)
            guard let isKept = file.keepWritersOut() else { return entry.isLink || entry.links > 1 ? .done : .ahead }
            return !isKept ? .going : status.size > 0 || entry.isLink ? .done : .ahead
        } catch {
            // That it cannot be opened any more is what is new.
            return .done
        }
    }

    private mutating func read(_ names: Set<String>) -> SourceUpdate {
        let batch = load(names.sorted())
        for file in batch {
            statuses[file.name] = file.status
            if file.isBeingWritten { unclosed.insert(file.name) } else { unclosed.remove(file.name) }
            for remark in file.reading?.remarks ?? [] { log(remark, in: file.name) }
        }
        let update = catalogue.apply(batch.map { ($0.name, $0.reading) })
        for duplicate in update.duplicates {
            logger.warning(
                "\(duplicate.id) stands in several files: \(duplicate.winner) counts, not \(enumeration(duplicate.others))"
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
