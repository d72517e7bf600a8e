import AttachPlan
import AttachmentStore
import Attachments
import CNIProtocol
import LinuxSystem
import PodTables
import RouteNetlink

/// Host ports of pods that have gone without a DEL.
extension NodeAttachments {
    /// An attachment's record is there before its pair, for a few milliseconds or for as long as its ADD is held up.
    private static let secondsToBegin: UInt64 = 30

    /// Records an attachment and puts its demand in force, with the host ports of those whose pair is gone.
    ///
    /// Their records stay, without demand, for the DEL that frees their addresses.
    ///
    /// - Throws: code 105 when a host port is a living attachment's.
    func add(_ record: AttachmentRecord, burying host: inout Host) throws(CNIError) {
        var buried: [AttachmentRecord] = []
        let failure: CNIError? = try change { table throws(PodTableError) in
            while true {
                do throws(PodTableError) {
                    try table.add(record)
                    break
                } catch {
                    guard case .portTaken(let conflict) = error, try isDead(conflict.holder, &host) else { throw error }
                    let holder = conflict.holder
                    // From here on it holds nothing, so that this ends.
                    buried += try table.withdraw([
                        AttachmentKey(holder), AttachmentKey(holder, role: Personality.portmap.rawValue),
                    ])
                    try? StandardStream.error.write(
                        "fairway: took host port \(conflict.port) over from \(holder): its link \(holder.hostLinkName) is gone, and it had no DEL\n"
                    )
                }
            }
            do throws(CNIError) { try close(buried) } catch { return error }
            return nil
        }
        if let failure { throw failure }
        staleFlows.forget(leftBy: buried.map(\.demand))
    }

    /// Whether an attachment that Fairway made has lost its pair, which goes with the pod's namespace.
    private func isDead(_ attachment: Attachment, _ host: inout Host) throws(PodTableError) -> Bool {
        let record: AttachmentRecord?
        do throws(SystemError) {
            record = try store.record(of: AttachmentKey(attachment))
        } catch {
            throw .store(error)
        }
        // What `portmap` mapped alone is of a pod whose links are another plugin's.
        guard let record, MonotonicClock.now > record.order + Self.secondsToBegin * 1_000_000_000 else { return false }
        do throws(NetlinkError) {
            return try host.socket.link(named: attachment.hostLinkName) == nil
        } catch {
            throw .kernel(error)
        }
    }
}
