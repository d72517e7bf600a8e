import Daemons
import Frontends
package import KubeModel
import LinuxSystem
import Logging

/// Keeps a backend equal to the objects that a source delivers.
///
/// It belongs to one thread.
package struct Dataplane<Backend: ServiceBackend> {
    private var model: FrontendModel
    private var backend: Backend
    private var status = DataplaneStatus()
    private var cleanup = FlowCleanup()
    private var changeLog = ChangeLog()
    private var tally = ChangeTally()
    private let nodeName: String
    private let surroundings: Surroundings
    private let now: () -> UInt64
    /// When to try again after an error.
    private var retryAt: UInt64?
    private var retryPause = firstRetry
    private var previousRefused: Set<String> = []
    /// Comparing the kernel's state with what was committed, because somebody else has changed it; no more often, so that
    /// two who undo each other's work leave the kernel time for others.
    private var verification = Pace(interval: 200_000_000)
    private var firewallSearch = Pace(interval: 1_000_000_000)
    /// When to take in endpoints' addresses; nil where all have been told.
    private var addressesAt: UInt64?
    /// When to say which slices name ports that their Services do not have; nil where all do.
    private var unmatchedAt: UInt64?
    private var isWatching = false

    /// Nanoseconds until a changed endpoint's address is told, and between two pieces of many changes.
    private static var addressDelay: UInt64 { 200_000_000 }
    private static var addressPause: UInt64 { 10_000_000 }
    /// Nanoseconds in which a slice may come after its Service, or the other way round.
    private static var matchDelay: UInt64 { 1_000_000_000 }
    /// Addresses that are told in one commit, so that none holds the kernel's lock for long: some 20 ms.
    private static var addressPiece: Int { 20_000 }
    /// Milliseconds between a failed commit and the next attempt; doubled up to the longest.
    private static var firstRetry: Int { 100 }
    private static var longestRetry: Int { 5000 }

    /// - Parameter now: nanoseconds of a monotonic clock.
    package init(
        nodeName: String, _ backend: Backend, _ surroundings: Surroundings, now: @escaping () -> UInt64
    ) {
        model = FrontendModel(nodeName: nodeName)
        self.nodeName = nodeName
        self.backend = backend
        self.surroundings = surroundings
        self.now = now
    }

    private var logger: Logger { surroundings.logger }
    private var board: StatusBoard { surroundings.board }
    private var metrics: MetricsBoard { surroundings.metrics }

    /// Works through the inbox until it is closed.
    ///
    /// - Throws: when the kernel's state can't be read at the start, or is a later release's; other failures are tried
    ///   again.
    package mutating func run(_ inbox: some Inbox<SourceUpdate>) throws(BackendError) {
        guard try synchronizeFirst(inbox) else { return }
        defer { changeLog.tellAll(logger) }
        addressesAt = now()
        while !inbox.isClosed {
            let (updates, hasInput) = inbox.takeAll(timeout: timeout, watching: backend.descriptor)
            take(updates)
            if inbox.isClosed { return }
            let isComplete = takeAddresses()
            if hasInput { takeNotice() }
            let isDue = verification.deadline.map { now() >= $0 } ?? false
            _ = try commitUnlessTooSoon(verifying: isDue)
            tellSurroundings()
            if isComplete, !isWatching { watch() }
        }
    }

    /// Takes in endpoints' addresses, in pieces and when there is time: nobody waits for them.
    ///
    /// - Returns: whether all have been told.
    private mutating func takeAddresses() -> Bool {
        if let due = addressesAt, now() >= due {
            backend.apply(model.takeAddressChanges(limit: Self.addressPiece))
            addressesAt = model.hasUntoldAddresses ? now() + Self.addressPause : nil
            return addressesAt == nil
        }
        if addressesAt == nil, model.hasUntoldAddresses { addressesAt = now() + Self.addressDelay }
        return false
    }

    private mutating func takeNotice() {
        let changes = backend.takeNotice()
        if changes.isOurs { verification.ask(now: now()) }
        if changes.isRules { firewallSearch.ask(now: now()) }
    }

    /// Sees to what depends on the kernel's having everything: until then connections go where they went.
    private mutating func tellSurroundings() {
        changeLog.tell(now: now(), logger)
        if firewallSearch.take(now: now()), !surroundings.firewalls.begin() { firewallSearch.ask(now: now()) }
        tellUnmatched()
        if status.pendingSince != nil { return }
        if let changes = model.takeHealthChecks() { surroundings.health.take(changes) }
        cleanFlows()
    }

    /// Names the slices whose ports nobody asks for.
    private mutating func tellUnmatched() {
        if let due = unmatchedAt, now() >= due {
            unmatchedAt = nil
            for unmatched in model.takeUnmatchedPorts() {
                logger.warning(
                    "no port of its Service has the name and protocol of a slice's port, so nobody reaches its endpoints there",
                    metadata: [
                        "slice": "\(unmatched.slice)", "service": "\(unmatched.service)",
                        "ports": "\(unmatched.ports.joined(separator: ", "))",
                    ])
            }
        }
        if unmatchedAt == nil, model.hasUnmatchedPorts { unmatchedAt = now() + Self.matchDelay }
    }

    /// Ends flows to what is gone.
    private mutating func cleanFlows() {
        let due = cleanup.takeDue(now: now())
        if due.isEmpty { return }
        var rules = FlowRules()
        for frontend in due { rules.set(frontend, model.answering(frontend)) }
        if !surroundings.flows.begin(rules) { cleanup.note(due) }
    }

    /// Subscribes after the first sync: a listener makes a large commit several times slower.
    private mutating func watch() {
        isWatching = true
        // What a start took beside what stays.
        OwnMemory.trim()
        firewallSearch.ask(now: now())
        do throws(BackendError) {
            if try backend.watch() { verification.ask(now: now()) }
            logger.info("watching what others do to the tables")
        } catch {
            logger.warning(
                "what others change in the tables is found at the next start only", metadata: ["reason": "\(error)"])
        }
    }

    /// Adopts what the kernel has, waits for the source's whole content, then commits until the kernel has it.
    ///
    /// - Returns: false when the inbox was closed first.
    private mutating func synchronizeFirst(_ inbox: some Inbox<SourceUpdate>) throws(BackendError) -> Bool {
        var updates: [SourceUpdate] = []
        // While the source still reads what it has.
        var isAdopted = try adopt()
        while !isAdopted || !updates.contains(where: \.complete) {
            if inbox.isClosed { return false }
            updates += inbox.takeAll(timeout: isAdopted ? nil : timeout, watching: nil).messages
            if !isAdopted { isAdopted = try adopt() }
        }
        let start = now()
        var summary = ChangeSummary()
        for update in updates { summary.note(update.changes) }
        var loaded = summary.metadata
        if let unreadable = updates.last?.unreadable, unreadable > 0 { loaded["unreadable"] = "\(unreadable)" }
        logger.info("loaded", metadata: loaded)
        if backend.isNew { try commitPieces(of: updates) } else { take(updates) }
        while try !commitUnlessTooSoon(verifying: false) {
            let more = inbox.takeAll(timeout: timeout, watching: nil).messages
            if inbox.isClosed { return false }
            take(more)
        }
        let size = backend.size
        logger.info(
            "ready",
            metadata: [
                "frontends": "\(size.frontends)", "endpoints": "\(size.backends)",
                "milliseconds": "\((now() - start) / 1_000_000)",
            ])
        status.isReady = true
        board.publish(status)
        return true
    }

    /// - Returns: false when the machine was short of something, and it has to be tried again.
    private mutating func adopt() throws(BackendError) -> Bool {
        let start = now()
        if let retryAt, start < retryAt { return false }
        do throws(BackendError) {
            try backend.adopt()
            forgetFailure()
            return true
        } catch {
            guard error.kind == .temporary else { throw error }
            postpone(error, start)
            return false
        }
    }

    /// Takes in a start's content and commits it piece by piece: the kernel works on one while the next one is decided.
    private mutating func commitPieces(of updates: [SourceUpdate]) throws(BackendError) {
        let start = now()
        noteDelivered(updates)
        status.unreadable = updates.last?.unreadable ?? 0
        if status.unreadable == 0 { backend.release() }
        var pieces = ObjectPieces(ObjectChange.folded(updates.map(\.changes)))
        // Taken out, because two parts of one value cannot change each other.
        var model = FrontendModel(nodeName: "")
        swap(&model, &self.model)
        defer {
            swap(&model, &self.model)
            noteTaken()
        }
        do throws(BackendError) {
            let report = try backend.commit(now: start) {
                pieces.takePiece { model.apply($0) } ? model.takeChanges() : nil
            }
            tell(of: report, start)
        } catch {
            if error.kind == .newerFormat { throw error }
            postpone(error, start)
        }
    }

    private mutating func take(_ updates: [SourceUpdate]) {
        if !updates.isEmpty { noteDelivered(updates) }
        for update in updates {
            model.apply(update.changes)
            if status.isReady { changeLog.note(update.changes) }
            status.unreadable = update.unreadable
        }
        backend.apply(model.takeChanges())
        noteTaken()
        if status.unreadable == 0, !updates.isEmpty { backend.release() }
    }

    /// Takes note of what is asked for, before the kernel has it.
    private mutating func noteDelivered(_ updates: [SourceUpdate]) {
        notePending()
        tally.note(updates, metrics)
        // A Node that is gone is as it was last.
        for case .set(.node(let node)) in updates.lazy.flatMap(\.changes) where node.name == nodeName {
            status.isNodeEligible = !node.isToBeDeleted
        }
    }

    /// Says at once that the kernel lacks something: whoever asks while a commit takes long has to know.
    private mutating func notePending() {
        guard status.pendingSince == nil else { return }
        status.pendingSince = now()
        board.publish(status)
    }

    /// Takes note of what has to be said, or done, because of what was taken in.
    private mutating func noteTaken() {
        // At a start these are all: a daemon that ended before it could has left old flows.
        cleanup.note(model.takeStaleFlows())
        for contest in model.takeContests() {
            logger.warning(
                "several Services claim one frontend; the first serves it",
                metadata: [
                    "frontend": "\(enumeration(contest.frontends))",
                    "services": "\(enumeration(contest.services, of: contest.claimants))",
                ])
        }
    }

    /// Commits what changed, unless a commit failed so recently that the next attempt has to wait.
    ///
    /// - Parameter verifying: the kernel's state is compared with what was committed, too.
    /// - Returns: false when the kernel does not have everything yet.
    /// - Throws: only what no later attempt can mend.
    private mutating func commitUnlessTooSoon(verifying: Bool) throws(BackendError) -> Bool {
        let start = now()
        if let retryAt, start < retryAt { return false }
        if verifying { _ = verification.take(now: start) }
        do throws(BackendError) {
            let report = verifying ? try backend.verify(now: start) : try backend.commit(now: start)
            forgetFailure()
            if verifying, report.commits > 0, report.damage.isEmpty {
                status.repairs += 1
                logger.warning("somebody else changed what Fairway keeps; mended", metadata: ["was": "elements"])
            }
            tell(of: report, start)
            return true
        } catch {
            if error.kind == .newerFormat { throw error }
            postpone(error, start)
            return false
        }
    }

    private mutating func forgetFailure() {
        retryAt = nil
        retryPause = Self.firstRetry
    }

    private mutating func postpone(_ error: BackendError, _ start: UInt64) {
        logger.error("\(error); will dump the tables and try again", metadata: ["in": "\(retryPause)ms"])
        status.failures += 1
        status.lastError = "\(error)"
        let statistics = backend.statistics
        metrics.update {
            $0.failedSyncs += 1
            $0.backend = statistics
        }
        if status.pendingSince == nil { status.pendingSince = start }
        retryAt = start + UInt64(retryPause) * 1_000_000
        retryPause = min(retryPause * 2, Self.longestRetry)
        board.publish(status)
    }

    private mutating func tell(of report: CommitReport, _ start: UInt64) {
        status.lastError = report.complaint
        if let complaint = report.complaint {
            logger.error("\(complaint); the tables were dumped, compared and mended")
            status.failures += 1
        }
        // At a start it may have been somebody else, or an option that is another one now.
        let blame =
            status.isReady
            ? "somebody else changed what Fairway keeps; mended"
            : "found the tables otherwise than these options have them; mended"
        for sentence in report.damage { logger.warning("\(blame)", metadata: ["was": "\(sentence)"]) }
        if let refused = report.refused {
            for (object, reason) in refused where !previousRefused.contains(object) {
                logger.error(
                    "the kernel refuses a frontend; it stays as it was",
                    metadata: ["frontend": "\(object)", "reason": "\(reason)"])
            }
            previousRefused = Set(refused.map(\.object))
            status.refused = refused.count
        }
        let end = now()
        changeLog.noteCommit(report.commits, end - start, now: end, logger)
        status.commits += report.commits
        if !report.damage.isEmpty { status.repairs += 1 }
        if let generation = report.generation { status.generation = generation }
        (status.frontends, status.endpoints) = backend.size
        status.lastSync = end
        status.pendingSince = nil
        tally.noteSync(report, seconds: Double(end - start) / 1e9, backend.statistics, model.takeLocalGaps(), metrics)
        board.publish(status)
    }

    /// Milliseconds until the next commit is due without a change; nil for never.
    private var timeout: Int? {
        let deadlines = [
            backend.nextDeadline, verification.deadline, firewallSearch.deadline, addressesAt, unmatchedAt,
            cleanup.deadline, changeLog.deadline,
        ]
        return (retryAt ?? deadlines.compactMap(\.self).min()).map { deadline in
            let now = now()
            return deadline <= now ? 0 : Int(clamping: (deadline - now) / 1_000_000 + 1)
        }
    }
}
