import Attachments
import LinuxSystem
import NFTables
import PodTables
package import TableKeeper

/// The tables `fairway-cni` of the calling thread's network namespace beside the records of what belongs in them.
///
/// Whoever has a value holds the node's lock; it is let go of with the value. Every call leaves the kernel with exactly
/// what the records say, whatever somebody else did to the tables and wherever an earlier process was killed. It costs
/// one transaction while nobody else has committed one since; else the tables are dumped too, and where they are not as
/// they were left all records are read.
package struct PodTable: ~Copyable {
    let store: AttachmentStore
    private let lock: FileLock
    let connection: any TableConnection
    /// What the tables hold; nil when it has to be found out.
    private var state: TableState?
    /// The files in the store that are no records, as far as they have been come across.
    package internal(set) var unreadable: [UnreadableRecord] = []
    /// What of the tables was not as their records have them and is now, elements apart, a sentence each.
    package internal(set) var mended: [String] = []
    /// The attachments of which the kernel refuses something, the caller's own apart.
    package internal(set) var refused: [RefusedAttachment] = []

    /// What becomes of host ports that another attachment has.
    package enum ConflictPolicy: Sendable {
        /// Nothing of the attachment is recorded or put in force.
        case refuse
        /// They are served when the other one goes; who came first is served first.
        case wait
    }

    /// Waits for the lock of the store.
    ///
    /// - Parameter connection: kept open by the caller for as long as its end would take time; see there.
    package init(_ store: AttachmentStore, over connection: any TableConnection = KernelConnection())
        throws(PodTableError)
    {
        let lock = try storing { () throws(SystemError) in
            do throws(SystemError) {
                return try FileLock(path: store.lockPath)
            } catch {
                guard error.errno == .notFound else { throw error }
                try Directory.create(store.path, mode: 0o700)
                return try FileLock(path: store.lockPath)
            }
        }
        let line = try storing { () throws(SystemError) in try lock.line() }
        // Nobody has ever worked here: there is no table to look for.
        let pristine = lock.isUntouched() ? TableState(generation: 0, census: PodTableCensus()) : nil
        self.init(store, connection, lock: lock, state: line.flatMap { TableState(parsing: $0) } ?? pristine)
    }

    private init(
        _ store: AttachmentStore, _ connection: any TableConnection, lock: consuming FileLock, state: TableState?
    ) {
        self.store = store
        self.connection = connection
        self.lock = lock
        self.state = state
    }

    // MARK: changes

    /// Records an attachment and puts its rules in force.
    ///
    /// - Throws: `portTaken` when a host port is another attachment's and the policy is to refuse. After any error a new
    ///   attachment has no record, and what of its rules may be in force all the same goes with the next change.
    package mutating func add(_ record: AttachmentRecord, onConflict policy: ConflictPolicy = .refuse)
        throws(PodTableError)
    {
        var record = record
        record.order = MonotonicClock.now
        let isNew = try storing { () throws(SystemError) in try !store.contains(record.key) }
        do throws(PodTableError) {
            try add(record, isNew: isNew, policy)
        } catch {
            if isNew { _ = try? store.remove(record.key) }
            throw error
        }
    }

    private mutating func add(_ record: AttachmentRecord, isNew: Bool, _ policy: ConflictPolicy) throws(PodTableError) {
        if isNew, record.demandInForce == nil {
            try place(record)
            return try restore()
        }
        let before = try takeState()
        try place(record)
        if isNew, let before, let claims = record.demandInForce.map(PodClaims.init),
            let (transaction, census) = PodTableContent.addition(of: claims, to: before.census),
            try !hasAny(of: PodTableContent.rivals(of: claims)),
            try commit(transaction, since: before, leaving: census)
        {
            return
        }
        try repair(refusing: policy == .refuse ? record.key : nil)
    }

    /// Takes attachments' rules out of the kernel; their records stay, marked, until `AttachmentStore.remove`.
    ///
    /// - Returns: the records of these attachments, those that had been withdrawn before too.
    @discardableResult
    package mutating func withdraw(_ keys: [AttachmentKey]) throws(PodTableError) -> [AttachmentRecord] {
        let known = unreadable.count
        let records = try readable(keys)
        let withdrawn = records.map(\.withdrawn)
        let claims = records.compactMap(\.demandInForce).map(PodClaims.init)
        if unreadable.count > known {
            // Nobody knows what the record had in force: all that no other one names goes.
            _ = try takeState()
            try mark(withdrawn)
            try repair()
            return withdrawn
        }
        if claims.isEmpty {
            try restore()
            return withdrawn
        }
        let before = try takeState()
        try mark(withdrawn)
        if let before, let (transaction, census) = PodTableContent.removal(of: claims, from: before.census),
            try commit(transaction, since: before, leaving: census)
        {
            return withdrawn
        }
        try repair()
        return withdrawn
    }

    /// Makes the kernel have what the records say.
    package mutating func restore() throws(PodTableError) {
        if let state {
            if state.census.isEmpty { return }
            if try kernelGeneration() == state.generation { return }
        }
        if let before = try takeState(), let generation = try intactGeneration(before.census) {
            return remember(TableState(generation: generation, census: before.census))
        }
        try repair()
    }

    /// Makes the kernel have what the records say, also where both are as their last writer left them.
    package mutating func compare() throws(PodTableError) {
        // Nobody has ever worked here.
        if let state, state.generation == 0, state.census.isEmpty { return }
        _ = try takeState()
        try repair()
    }

    /// What of an attachment's rules is not in force, a sentence each; nothing is changed.
    package mutating func absences(of key: AttachmentKey) throws(PodTableError) -> [String] {
        guard let rules = try readable([key]).first?.demandInForce else { return [] }
        if let state, try kernelGeneration() == state.generation { return [] }
        let dump = try dumpTables()
        if let state, try reading({ () throws(NewerFormat) in try PodTableContent.isIntact(dump, state.census) }) {
            return []
        }
        let content = PodTableContent(try recordsInForce().compactMap(\.demandInForce))
        return try reading { () throws(NewerFormat) in try content.absences(of: rules, in: dump) }
    }

    // MARK: state

    /// Takes the state out of the lock's file, so that nobody trusts it until this holder has finished.
    private mutating func takeState() throws(PodTableError) -> TableState? {
        let taken = state
        state = nil
        try storing { () throws(SystemError) in try lock.clearLine() }
        return taken
    }

    /// Leaves the state for the next holder, who compares everything where it cannot be written.
    mutating func remember(_ new: TableState) {
        do throws(SystemError) {
            try lock.setLine(Array(new.line.utf8))
            state = new
        } catch {
            state = nil
        }
    }

    private mutating func commit(
        _ transaction: Transaction, since before: TableState, leaving census: PodTableCensus
    ) throws(PodTableError) -> Bool {
        do throws(PodTableError) {
            if let generation = try commit(transaction, at: before.generation) {
                remember(TableState(generation: generation, census: census))
                return true
            }
            guard let intact = try intactGeneration(before.census) else { return false }
            // Not at that generation: others may change their own tables all the time. Whoever changed these meanwhile is
            // found out by the next holder, who is left the generation that was looked at.
            try asking { () throws(NetlinkError) in try connection.commit(transaction) }
            let generation = try kernelGeneration()
            let isOwn = generation == intact &+ 1
            remember(TableState(generation: isOwn ? generation : intact, census: census))
            return true
        } catch {
            if case .newerFormat = error { throw error }
            // Whatever else it was, the comparison with all the records finds out, and says so if it stays.
            return false
        }
    }

    /// Commits a transaction that was built for a generation.
    ///
    /// - Returns: the generation it made; nil when the kernel has another one by now.
    private func commit(_ transaction: Transaction, at generation: UInt32) throws(PodTableError) -> UInt32? {
        if transaction.isEmpty { return try kernelGeneration() == generation ? generation : nil }
        return try asking { () throws(NetlinkError) in
            try connection.commit(transaction, ifGeneration: generation)
        }
    }

    /// The generation that the tables are intact in although others have committed; nil when they are not.
    private func intactGeneration(_ census: PodTableCensus) throws(PodTableError) -> UInt32? {
        let generation = try kernelGeneration()
        let dump = try dumpTables()
        return try reading { () throws(NewerFormat) in try PodTableContent.isIntact(dump, census) } ? generation : nil
    }

    private func kernelGeneration() throws(PodTableError) -> UInt32 {
        try patiently { () throws(NetlinkError) in try connection.generation() }
    }

    private func dumpTables() throws(PodTableError) -> [TableID: TableSnapshot] {
        try patiently { () throws(NetlinkError) in try connection.dump(PodTableContent.tableIDs) }
    }

    /// True when one of the elements exists.
    private func hasAny(of elements: [(table: TableID, set: String, key: [UInt32])]) throws(PodTableError) -> Bool {
        for element in elements {
            let found = try patiently { () throws(NetlinkError) in
                try connection.element(element.key, of: element.set, in: element.table)
            }
            if found != nil { return true }
        }
        return false
    }

    /// Replaces records by their withdrawn form, or removes them where there is no room to write.
    private func mark(_ withdrawn: [AttachmentRecord]) throws(PodTableError) {
        for record in withdrawn {
            do throws(PodTableError) {
                try place(record)
            } catch {
                guard case .store(let failure) = error, failure.errno == .noSpace else { throw error }
                _ = try storing { () throws(SystemError) in try store.remove(record.key) }
            }
        }
    }

    func place(_ record: AttachmentRecord) throws(PodTableError) {
        try storing { () throws(SystemError) in try store.place(record) }
    }

    mutating func recordsInForce() throws(PodTableError) -> [AttachmentRecord] {
        var found: [UnreadableRecord] = []
        let records = try storing { () throws(SystemError) in try store.recordsInForce(&found) }
        unreadable += found
        return records
    }

    private mutating func readable(_ keys: [AttachmentKey]) throws(PodTableError) -> [AttachmentRecord] {
        var records: [AttachmentRecord] = []
        for key in keys {
            switch try storing({ () throws(SystemError) in try store.reading(of: key) }) {
            case .nothing: break
            case .record(let record): records.append(record)
            case .unreadable(let failure): unreadable.append(failure)
            }
        }
        return records
    }
}
