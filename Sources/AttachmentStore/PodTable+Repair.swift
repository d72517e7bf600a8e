import Attachments
import LinuxSystem
import NFTables
import PodTables
import TableKeeper

/// Comparing the whole with the kernel.
extension PodTable {
    /// Makes the kernel have what all records say, and remembers what that is.
    ///
    /// - Parameter newcomer: whose record goes, with an error, when it claims a host port that another one has.
    mutating func repair(refusing newcomer: AttachmentKey? = nil) throws(PodTableError) {
        var records = try recordsInForce()
        var content = PodTableContent(records.compactMap(\.demandInForce))
        // A container in two networks asks both of them for the same ports: the first one's serve.
        let refusal = newcomer.flatMap { key in
            content.conflicts.first { $0.claimant == key.owner && $0.holder.containerID != key.owner.containerID }
        }
        if let newcomer, refusal != nil {
            try storing { () throws(SystemError) in _ = try store.remove(newcomer) }
            records.removeAll { $0.key == newcomer }
            content = PodTableContent(records.compactMap(\.demandInForce))
        }
        try synchronize(content, newcomer: newcomer)
        if let refusal { throw .portTaken(refusal) }
    }

    /// Follows the order of recovery, over what the machine is short of for a moment.
    ///
    /// - Throws: what the kernel refuses of the newcomer; what it refuses of others is only noted.
    private mutating func synchronize(
        _ content: PodTableContent, newcomer: AttachmentKey?
    ) throws(PodTableError) {
        var content = content
        var pauses = GrowingPause()
        while true {
            do throws(KeeperError) {
                let outcome = try TableKeeper(connection).reconcile(&content)
                mended += outcome.damage
                for (owner, reason) in outcome.refused {
                    if owner == newcomer?.owner { throw KeeperError.kernel(reason) }
                    refused.append(RefusedAttachment(owner: owner, reason: reason))
                }
                guard outcome.refused.isEmpty, let generation = outcome.generation else { return }
                return remember(TableState(generation: generation, census: content.census))
            } catch {
                guard case .kernel(let reason) = error, reason.isTransient, pauses.wait() else {
                    throw PodTableError(error)
                }
            }
        }
    }
}

extension AttachmentKey: Comparable {
    package static func < (a: AttachmentKey, b: AttachmentKey) -> Bool {
        (a.owner.network, a.fileName) < (b.owner.network, b.fileName)
    }
}
