import Attachments
import LinuxSystem
import NFTables
import PodTables

/// Comparing the whole with the kernel.
extension PodTable {
    private static let attempts = 10

    /// Makes the kernel have what all records say, and remembers what that is.
    ///
    /// - Parameter newcomer: whose record goes, with an error, when it claims a host port that another one has.
    mutating func repair(refusing newcomer: AttachmentKey? = nil) throws(PodTableError) {
        var records = try recordsInForce()
        var ruleset = PodTableContent(records.compactMap(\.demandInForce))
        // A container in two networks asks both of them for the same ports: the first one's serve.
        let refusal = newcomer.flatMap { key in
            ruleset.conflicts.first { $0.claimant == key.owner && $0.holder.containerID != key.owner.containerID }
        }
        if let newcomer, refusal != nil {
            try storing { () throws(SystemError) in _ = try store.remove(newcomer) }
            records.removeAll { $0.key == newcomer }
            ruleset = PodTableContent(records.compactMap(\.demandInForce))
        }
        try synchronize(ruleset)
        if let refusal { throw .portTaken(refusal) }
    }

    private mutating func synchronize(_ ruleset: PodTableContent) throws(PodTableError) {
        for _ in 0..<Self.attempts {
            let generation = try kernel.generation()
            let transaction = ruleset.changes(from: try kernel.dump())
            if let generation = try kernel.commit(transaction, at: generation) {
                return remember(TableState(generation: generation, census: ruleset.census))
            }
        }
        // Somebody commits all the time: what was compared may be outdated, so the next one compares again.
        try kernel.commit(ruleset.changes(from: try kernel.dump()))
    }
}

extension AttachmentKey: Comparable {
    package static func < (a: AttachmentKey, b: AttachmentKey) -> Bool {
        (a.owner.network, a.fileName) < (b.owner.network, b.fileName)
    }
}
