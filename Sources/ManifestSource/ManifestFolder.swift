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
    private var versions: [String: FileVersion] = [:]
    /// The files to look at as soon as nobody writes them.
    ///
    /// Nothing need tell of that: what is written without a name (O_TMPFILE) and linked before it is closed is closed
    /// under no name of the folder.
    private var unclosed: Set<String> = []
    private var aside = AsideQueue()
    /// Names that were complained about.
    private var illegible: Set<String> = []

    /// In bytes: to read more takes more than some hundredths of a second.
    private static let asideSize: Int64 = 1 << 20

    init(_ directory: String, logger: Logger) {
        self.directory = directory
        self.logger = logger
    }

    /// The number of files that somebody writes and whose close may go unnoticed: `take` is to look again.
    var unclosedCount: Int { unclosed.count }

    /// Looks at the whole folder for the first time.
    mutating func scan() throws(SystemError) -> SourceUpdate {
        take(Self.load(try changedFiles().sorted(), in: directory))
    }

    /// Takes what a batch of events asks for; nil where nothing comes of it yet.
    ///
    /// - Parameter lookingAgain: whether files that were being written may be whole now; each look costs all of them.
    mutating func take(_ events: FolderEvents, lookingAgain: Bool) throws(SystemError) -> SourceUpdate? {
        let suspects = lookingAgain ? unclosed.union(events.unclosed) : events.unclosed
        for name in events.illegible { complain(ofName: name) }
        let names =
            events.needsScan ? try changedFiles() : events.files.union(settledFiles(suspects.subtracting(events.files)))
        if names.isEmpty { return nil }
        let sizes = names.map { (name: $0, size: (try? FileStatus(of: path($0)))?.size ?? 0) }
        let large = Set(sizes.filter { $0.size > Self.asideSize }.map(\.name))
        let others = names.subtracting(large)
        if sizes.reduce(0, { others.contains($1.name) ? $0 + $1.size : $0 }) > Self.asideSize {
            aside.add(names)
            return nil
        }
        let small = Self.load(others.sorted(), in: directory)
        // What one of them has no more may have moved to a large one, and goes when that has come.
        let losing = large.isEmpty ? [] : small.filter { catalogue.loses($0.name, with: $0.reading) }.map(\.name)
        aside.overtake(others.subtracting(losing))
        aside.add(large.union(losing))
        return news { folder in folder.take(small.filter { !losing.contains($0.name) }) }
    }

    /// The files to read aside now, for `load` on another thread, after which `takeAside` is to be called; nil for none.
    mutating func startAside() -> [String]? { aside.start()?.sorted() }

    /// Takes what was read aside; nil where nothing comes of it.
    mutating func takeAside(_ files: [LoadedFile]) -> SourceUpdate? {
        let names = aside.finish()
        return news { $0.take(files.filter { names.contains($0.name) }) }
    }

    /// The files that are not as they were last read.
    private mutating func changedFiles() throws(SystemError) -> Set<String> {
        let entries = try Directory.entries(in: directory)
        illegible.formIntersection(entries.illegible)
        for name in entries.illegible { complain(ofName: name) }
        let present = Set(entries.names.filter(isManifest))
        return present.union(versions.keys).filter { name in
            guard let known = versions[name], present.contains(name) else { return true }
            return (try? FileStatus(of: path(name)))?.version != known
        }
    }

    /// - Parameter name: with its bytes escaped.
    private mutating func complain(ofName name: String) {
        guard isManifest(name), illegible.insert(name).inserted else { return }
        logger.warning("\(name): its name is not UTF-8, so it does not count; rename it")
    }

    /// What is new after a step; nil where nothing is.
    private mutating func news(_ step: (inout ManifestFolder) -> SourceUpdate) -> SourceUpdate? {
        let before = (catalogue.unreadable, catalogue.unreadableObjects)
        let update = step(&self)
        return update.changes.isEmpty && (update.unreadable, update.unreadableObjects) == before ? nil : update
    }

    private func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// Those of some files that count though no close told of them; keeps in mind which somebody still writes.
    private mutating func settledFiles(_ suspects: Set<String>) -> Set<String> {
        let states = suspects.map { ($0, writing(of: $0)) }
        unclosed.subtract(suspects)
        unclosed.formUnion(states.filter { $0.1 == .going }.map(\.0))
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

    private mutating func take(_ batch: [LoadedFile]) -> SourceUpdate {
        for file in batch {
            versions[file.name] = file.status?.version
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
    static func load(_ names: [String], in directory: String) -> [LoadedFile] {
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
