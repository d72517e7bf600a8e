import AttachmentStore
import Attachments
import CNIProtocol
import LeaseStore
import LinuxSystem
import NetworkTypes
import RouteNetlink

/// DEL: takes the container's interface, rules and addresses away, however often it is asked.
///
/// What was made follows from the network, the container and the interface, and from the attachment's record. So DEL
/// needs no valid configuration, and looks at CNI_NETNS only for an interface that another plugin made: a path through a
/// process whose number has been given to another one may well name a stranger's namespace by now.
struct DeleteVerb: ~Copyable {
    private let execution: Execution
    private var host: Host

    init(_ execution: Execution) throws(CNIError) {
        self.execution = execution
        host = try Host()
    }

    /// Goes on after a failure, and reports the first one: what can be freed is freed, and the runtime tries again.
    mutating func run() throws(CNIError) {
        let attachments = try NodeAttachments()
        // Also what `portmap` has mapped: the list may name it no more.
        let keys = [execution.key, execution.portmapKey]
        var failure: CNIError?
        var records: [AttachmentRecord] = []
        do throws(CNIError) {
            // First: the kernel frees what is deleted here while it waits for the link to go.
            records = try attachments.retire(keys)
        } catch {
            failure = error
        }
        if failure == nil {
            // While the interface is there, through which `dhcp` says so to its server.
            do throws(CNIError) { try execution.delegate()?.run(.del) } catch { failure = error }
        }
        do throws(CNIError) {
            let attachment = execution.attachment
            let hadLink = try host.removeLink(of: attachment)
            let hasRecord = records.contains { $0.key == execution.key }
            let leases =
                records.compactMap(\.dataDirectory).first.map {
                    LeaseDirectory(dataDirectory: $0, network: attachment.network)
                } ?? execution.leases
            if !hadLink, !hasRecord { try removeForeignInterface(leases) }
            // Somebody has removed the record: its demand is that which no record has.
            if hadLink, !hasRecord, failure == nil { try attachments.compare() }
            // Only now: an address that is free must not be in use, and no rule may lead to its next pod.
            if failure == nil {
                try system(.useLeases) { () throws(SystemError) in try leases.release(allOf: attachment) }
            }
        } catch {
            failure = failure ?? error
        }
        if let failure { throw failure }
        try attachments.forget(keys)
    }

    /// Removes an interface that the `bridge` plugin made before Fairway took over, if its address is leased to this
    /// container: that is how one knows that the namespace is still the container's.
    private mutating func removeForeignInterface(_ leases: LeaseDirectory) throws(CNIError) {
        let environment = execution.environment
        guard !environment.namespacePath.isEmpty, var pod = try? Pod(environment, host: host) else { return }
        let attachment = execution.attachment
        try kernel { () throws(NetlinkError) in
            guard let link = try pod.socket.link(named: attachment.interfaceName), link.kind == "veth" else {
                return
            }
            let addresses = try pod.socket.addresses(ofLink: link.index)
            guard addresses.contains(where: { leases.isHeld($0.address.address, by: attachment) }) else { return }
            try pod.socket.execute(.deleteLink(.index(link.index)))
        }
    }
}

extension Host {
    /// Deletes an attachment's host end, and with it the pod's; none is as good.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    mutating func removeLink(of attachment: Attachment) throws(CNIError) -> Bool {
        let name = attachment.hostLinkName
        guard let link = try kernel({ () throws(NetlinkError) in try socket.link(named: name) }) else { return false }
        // An empty alias is that of a pair whose maker was killed between two messages. Another alias is another
        // attachment's whose name falls on the same digits: ADD has then refused this one.
        guard link.alias == attachment.alias || link.alias.isEmpty, link.kind == "veth" else { return false }
        do throws(NetlinkError) {
            try socket.execute(.deleteLink(.index(link.index)))
        } catch {
            guard error.errno == .noDevice else { throw CNIError(error) }
        }
        return true
    }
}
