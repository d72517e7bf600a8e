import AttachPlan
import AttachmentStore
import Attachments
import CNIProtocol
import HostIPAM
import LeaseStore
import LinuxSystem
import RouteNetlink

/// GC: removes this network's links, demands and leases whose attachment the runtime does not name.
extension Fairway {
    static func gc(_ execution: Execution) throws(CNIError) {
        let network = execution.network
        let valid = ValidAttachments(try network.validAttachments())
        let attachments = try NodeAttachments()
        let stale = valid.stale(try attachments.records(of: network.name))
        var failures: [String] = []
        var records: [AttachmentRecord]?
        do throws(CNIError) { records = try attachments.collect(stale) } catch { failures.append("\(error)") }
        do throws(CNIError) {
            failures += try collectLinksAndLeases(execution, valid, stale, freesLeases: records != nil)
            if failures.isEmpty {
                try freeLeases(of: records ?? [], outside: execution.leases)
                try attachments.forget(stale)
            }
        } catch {
            failures.append("\(error)")
        }
        do throws(CNIError) { try execution.delegate()?.run(.gc) } catch { failures.append("\(error)") }
        guard failures.isEmpty else {
            throw CNIError(
                .incompleteCollection, "GC could not remove everything of network \(network.name)",
                details: failures.joined(separator: "; "))
        }
    }

    /// Frees what attachments have leased where the configuration had its leases when they were made.
    private static func freeLeases(of records: [AttachmentRecord], outside current: LeaseDirectory) throws(CNIError) {
        for record in records {
            guard let place = record.dataDirectory, place != current.dataDirectory else { continue }
            let leases = LeaseDirectory(dataDirectory: place, network: record.key.owner.network)
            try system(.useLeases) { () throws(SystemError) in try leases.release(allOf: record.key.owner) }
        }
    }

    /// - Parameter freesLeases: false while a rule may lead to an address, which must not become another pod's then.
    /// - Returns: what could not be removed, and why; its leases stay then.
    private static func collectLinksAndLeases(
        _ execution: Execution, _ valid: ValidAttachments, _ keys: [AttachmentKey], freesLeases: Bool
    ) throws(CNIError) -> [String] {
        let network = execution.network.name
        var host = try Host()
        let links = try kernel { () throws(NetlinkError) in try host.socket.links() }
        // What is leased from here on is none of this collection's business.
        let held = try system(.useLeases) { () throws(SystemError) in try execution.leases.records() }
        let leases = Set(held.filter { !valid.covers($0) })
        let names = Set(leases.compactMap { $0.hostLinkName(network: network) } + keys.map(\.owner.hostLinkName))
        let stale = links.filter { link in
            guard link.kind == "veth" else { return false }
            // A link without an alias is found by its record or lease: its maker was killed between two messages.
            if link.alias.isEmpty { return names.contains(link.name) }
            guard let attachment = Attachment(alias: link.alias) else { return false }
            return attachment.network == network && !valid.attachments.contains(attachment)
        }
        let failures = try host.remove(stale, besides: links)
        guard freesLeases else { return failures }
        // Only now: an address that is free must not be in use.
        let remaining = failures.isEmpty ? [] : try kernel { () throws(NetlinkError) in try host.socket.links() }
        let left = Set(remaining.map(\.name))
        try system(.useLeases) { () throws(SystemError) in
            try execution.leases.release { record in
                leases.contains(record) && !(record.hostLinkName(network: network).map(left.contains) ?? false)
            }
        }
        return failures
    }
}

extension LeaseRecord {
    /// The name of the link that goes with the lease; nil when the lease names no interface.
    fileprivate func hostLinkName(network: String) -> String? {
        interfaceName.map {
            Attachment(network: network, containerID: containerID, interfaceName: $0).hostLinkName
        }
    }
}

extension Host {
    /// Deletes links, all at once where they are many: each costs the kernel an RCU grace period, a group costs one.
    ///
    /// - Parameter all: every link of the namespace, to choose a group that none is in.
    /// - Returns: what could not be removed, and why.
    fileprivate mutating func remove(_ links: [Link], besides all: [Link]) throws(CNIError) -> [String] {
        let requests: [RouteRequest]
        if links.count > 1 {
            let taken = Set(all.map(\.group))
            // Above the numbers that people and distributions use; two collections may share one, as both are of waste.
            let group = (0x4641_4952...UInt32.max).first { !taken.contains($0) } ?? UInt32.max
            requests =
                links.map { .changeLink(.index($0.index), LinkChange(group: group)) } + [.deleteGroup(group)]
        } else {
            requests = links.map { .deleteLink(.index($0.index)) }
        }
        let outcomes = try kernel { () throws(NetlinkError) in try socket.execute(requests) }
        return outcomes.compactMap(\.self).filter { $0.errno != .noDevice }.map { CNIError($0).description }
    }
}
