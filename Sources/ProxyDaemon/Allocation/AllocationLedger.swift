import Allocations
import KubeModel
import LinuxSystem
import Logging

/// What is given out and what of that is on disk: nothing comes into force that is not.
struct AllocationLedger: ~Copyable {
    private var allocator: Allocator
    /// Nil where nothing is given out.
    private var file: AllocationFile?
    private let settings: AllocationSettings
    private let logger: Logger
    /// What could not be written.
    private var unwritten: [Holding] = []
    /// The Services that wait for that.
    private var withheld: [ObjectChange] = []
    private var last = SourceUpdate(changes: [], complete: false, unreadable: 0)

    init(_ settings: AllocationSettings, _ logger: Logger) throws(ConfigurationError) {
        self.settings = settings
        self.logger = logger
        var found: [Holding] = []
        file = settings.ranges.isEmpty ? nil : try AllocationFile(settings.stateFile, found: &found)
        allocator = Allocator(settings.ranges, remembered: found)
    }

    var isWritten: Bool { unwritten.isEmpty }

    /// What is to be delivered in an update's stead.
    mutating func take(_ update: SourceUpdate) -> SourceUpdate {
        let outcome = allocator.take(update)
        unwritten += outcome.records
        last = outcome.update
        last.changes = []
        var update = outcome.update
        if !unwritten.isEmpty || !withheld.isEmpty {
            update.changes = write() ? released(update.changes) : withoutUnwritten(update.changes)
        }
        for note in outcome.notes { logger.tell(note, settings) }
        return update
    }

    /// Tries what could not be written once more.
    ///
    /// - Returns: what may be delivered now; nil where it failed again.
    mutating func writeAgain() -> SourceUpdate? {
        guard !unwritten.isEmpty, write(isFirst: false) else { return nil }
        var update = last
        update.changes = released([])
        return update
    }

    /// - Returns: false where it failed.
    private mutating func write(isFirst: Bool = true) -> Bool {
        guard !unwritten.isEmpty else { return true }
        do throws(SystemError) {
            try file?.append(unwritten) { allocator.holdings }
            unwritten = []
            return true
        } catch {
            if isFirst {
                logger.error(
                    "\(error): the Services that were given something wait until it can be written; tried every second",
                    metadata: ["file": "\(settings.stateFile)"])
            }
            return false
        }
    }

    /// The changes with those that waited before them.
    private mutating func released(_ changes: [ObjectChange]) -> [ObjectChange] {
        defer { withheld = [] }
        return ObjectChange.folded([withheld, changes])
    }

    /// The changes that do not depend on what could not be written; the others wait.
    private mutating func withoutUnwritten(_ changes: [ObjectChange]) -> [ObjectChange] {
        let waiting = Set(unwritten.filter(\.isUsed).map { ObjectID(kind: .service, name: $0.service) })
        var now: [ObjectChange] = []
        var later: [ObjectChange] = []
        for change in changes {
            if case .set = change, waiting.contains(change.id) { later.append(change) } else { now.append(change) }
        }
        let known = Set(changes.map(\.id))
        withheld = withheld.filter { !known.contains($0.id) } + later
        return now
    }
}
