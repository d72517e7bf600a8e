import AttachmentStore
import Attachments
import CNIProtocol
import LinuxSystem
import TableKeeper

/// The node's attachments: their records, and the tables that have what they want of nf_tables.
///
/// Opened in the node's network namespace, whose records these are.
struct NodeAttachments {
    let store: AttachmentStore
    /// Open until the last of this value's changes: a link is deleted in the time that its end would wait.
    private let connection = KernelConnection()
    let staleFlows = StaleFlows()

    init() throws(CNIError) {
        store = try system(.findRecords) { () throws(SystemError) in try AttachmentStore() }
    }

    /// Records an attachment and puts its demand in force; host ports of another one wait until they are free.
    func add(waiting record: AttachmentRecord) throws(CNIError) {
        try change { table throws(PodTableError) in try table.add(record, onConflict: .wait) }
    }

    /// Takes attachments' demand out of the kernel, and closes for 127.0.0.1 what no other one has open.
    ///
    /// - Returns: their records, which stay until `forget`.
    func withdraw(_ keys: [AttachmentKey]) throws(CNIError) -> [AttachmentRecord] {
        guard !keys.isEmpty else { return [] }
        var failure: CNIError?
        let records = try change { table throws(PodTableError) in
            let records = try table.withdraw(keys)
            // Under the lock: whoever records a host port on 127.0.0.1 after this opens its link after that.
            do throws(CNIError) { try close(records) } catch { failure = error }
            return records
        }
        if let failure { throw failure }
        return records
    }

    /// Closes for 127.0.0.1 the links that only these attachments needed open.
    func close(_ records: [AttachmentRecord]) throws(CNIError) {
        let opened = Set(records.flatMap(\.loopbackLinks))
        guard !opened.isEmpty else { return }
        try LoopbackRouting.end(opened.subtracting(try linksOnLoopback()).sorted())
    }

    /// Those of the links that are not open for 127.0.0.1 by somebody else's doing: who closes them takes nothing away.
    func ownLoopbackLinks(_ links: [String]) throws(CNIError) -> [String] {
        if links.allSatisfy({ !LoopbackRouting.isOpen($0) }) { return links }
        let known = try linksOnLoopback()
        return links.filter { !LoopbackRouting.isOpen($0) || known.contains($0) }
    }

    private func linksOnLoopback() throws(CNIError) -> Set<String> {
        let records = try system(.readRecords) { () throws(SystemError) in try store.records() }.records
        return Set(records.filter { $0.demandInForce != nil }.flatMap(\.loopbackLinks))
    }

    /// Takes the demand of attachments that end out of the kernel, with the flows that they leave behind.
    ///
    /// - Returns: their records, which stay until `forget`.
    func retire(_ keys: [AttachmentKey]) throws(CNIError) -> [AttachmentRecord] {
        let records = try withdraw(keys)
        staleFlows.forget(leftBy: records.map(\.demand))
        return records
    }

    /// Retires attachments that are no more, and makes the tables what all records say.
    ///
    /// - Returns: their records, which stay until `forget`.
    func collect(_ keys: [AttachmentKey]) throws(CNIError) -> [AttachmentRecord] {
        let records = try retire(keys)
        try compare()
        return records
    }

    /// Puts back what somebody else has taken out of the tables.
    func restore() throws(CNIError) {
        try change { table throws(PodTableError) in try table.restore() }
    }

    /// Makes the tables what all records say, also where nobody has changed them since.
    func compare() throws(CNIError) {
        try change { table throws(PodTableError) in try table.compare() }
    }

    /// The record of an attachment; nil when there is none.
    func record(of key: AttachmentKey) throws(CNIError) -> AttachmentRecord? {
        try system(.readRecords) { () throws(SystemError) in try store.record(of: key) }
    }

    /// What of an attachment's demand is not in force.
    func drift(of key: AttachmentKey) throws(CNIError) -> [String] {
        try change { table throws(PodTableError) in try table.absences(of: key) }
    }

    func forget(_ keys: [AttachmentKey]) throws(CNIError) {
        try system(.removeRecord) { () throws(SystemError) in for key in keys { try store.remove(key) } }
    }

    /// The records of one network.
    func records(of network: String) throws(CNIError) -> AttachmentStore.Listing {
        try system(.readRecords) { () throws(SystemError) in try store.records(of: network) }
    }

    func change<T>(_ body: (inout PodTable) throws(PodTableError) -> T) throws(CNIError) -> T {
        do throws(PodTableError) {
            var table = try PodTable(store, over: connection)
            let result = try body(&table)
            for record in table.unreadable {
                try? StandardStream.error.write("fairway: a record is unreadable and counts for nothing: \(record)\n")
            }
            for difference in table.mended {
                try? StandardStream.error.write("fairway: mended what was not as it was left: \(difference)\n")
            }
            for attachment in table.refused {
                try? StandardStream.error.write("fairway: nf_tables refuses what an attachment wants: \(attachment)\n")
            }
            return result
        } catch {
            throw CNIError(error)
        }
    }
}
