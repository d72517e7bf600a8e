import AttachmentStore
import Attachments
import CNIProtocol
import HostIPAM
import LinuxSystem
import NetworkTypes
import PodTables
import RouteNetlink

/// GC: removes this network's links, rules and leases whose attachment the runtime does not name.
enum CollectVerb {
    static func run(_ network: NetworkConfiguration) throws(CNIError) {
        let valid = ValidAttachments(try network.validAttachments())
        let rules = try NodeRules()
        let stale = valid.stale(try rules.records(of: network.name))
        var failures: [String] = []
        var records: [AttachmentRecord]?
        do throws(CNIError) { records = try rules.collect(stale) } catch { failures.append("\(error)") }
        do throws(CNIError) {
            failures += try collectLinksAndLeases(network, valid, stale, freesLeases: records != nil)
            if failures.isEmpty {
                try freeLeases(of: records ?? [], outside: IPAMConfiguration.dataDirectory(network.root))
                try rules.forget(stale)
            }
        } catch {
            failures.append("\(error)")
        }
        do throws(CNIError) { try Delegate.named(in: network)?.run(.gc) } catch { failures.append("\(error)") }
        guard failures.isEmpty else {
            throw CNIError(
                .incompleteCollection, "GC could not remove everything of network \(network.name)",
                details: failures.joined(separator: "; "))
        }
    }

    /// Frees what attachments have leased where the configuration had its leases when they were made.
    private static func freeLeases(of records: [AttachmentRecord], outside current: String) throws(CNIError) {
        for record in records {
            guard let directory = record.dataDirectory, directory != current else { continue }
            try LeaseDirectory(dataDirectory: directory, network: record.key.owner.network).release(
                allOf: record.key.attachment)
        }
    }

    /// - Parameter freesLeases: false while a rule may lead to an address, which must not become another pod's then.
    /// - Returns: what could not be removed, and why; its leases stay then.
    private static func collectLinksAndLeases(
        _ network: NetworkConfiguration, _ valid: ValidAttachments, _ keys: [AttachmentKey], freesLeases: Bool
    ) throws(CNIError) -> [String] {
        let directory = LeaseDirectory(
            dataDirectory: IPAMConfiguration.dataDirectory(network.root), network: network.name)
        var host = try Host()
        let links = try kernel { () throws(NetlinkError) in try host.socket.links() }
        // What is leased from here on is none of this collection's business.
        let leases = Set(try directory.records().filter { !valid.covers($0) })
        let names = Set(leases.compactMap { $0.hostLinkName(network: network.name) } + keys.map(\.hostLinkName))
        let stale = links.filter { link in
            guard link.kind == "veth" else { return false }
            // A link without an alias is found by its record or lease: its maker was killed between two messages.
            if link.alias.isEmpty { return names.contains(link.name) }
            guard let identity = AttachmentIdentity(alias: link.alias) else { return false }
            return identity.network == network.name && !valid.attachments.contains(identity.attachment)
        }
        let failures = try host.remove(stale, besides: links)
        guard freesLeases else { return failures }
        // Only now: an address that is free must not be in use.
        let left = failures.isEmpty ? [] : try host.linkNames()
        try directory.release { record in
            leases.contains(record) && !(record.hostLinkName(network: network.name).map(left.contains) ?? false)
        }
        return failures
    }
}

extension AttachmentKey {
    fileprivate var attachment: Attachment {
        Attachment(containerID: owner.containerID, interfaceName: owner.interfaceName)
    }

    /// The name of the link that goes with the record.
    fileprivate var hostLinkName: String {
        AttachmentIdentity(network: owner.network, attachment: attachment).hostLinkName
    }
}

extension LeaseRecord {
    /// The name of the link that goes with the lease; nil when the lease names no interface.
    fileprivate func hostLinkName(network: String) -> String? {
        interfaceName.map { interface in
            AttachmentIdentity(
                network: network, attachment: Attachment(containerID: containerID, interfaceName: interface)
            ).hostLinkName
        }
    }
}

/// The attachments that GC spares, with what finds a lease's owner among them.
struct ValidAttachments {
    let attachments: Set<Attachment>
    private let containers: Set<String>

    init(_ attachments: Set<Attachment>) {
        self.attachments = attachments
        containers = Set(attachments.map(\.containerID))
    }

    /// Whether a lease is a valid attachment's; one that names no interface is its container's.
    func covers(_ record: LeaseRecord) -> Bool {
        guard let interface = record.interfaceName else { return containers.contains(record.containerID) }
        return attachments.contains(Attachment(containerID: record.containerID, interfaceName: interface))
    }

    /// The records of attachments that are not valid; of one role only where that is asked for.
    func stale(_ listing: AttachmentStore.Listing, role: Personality? = nil) -> [AttachmentKey] {
        (listing.records.map(\.key) + listing.unreadable.compactMap(\.key)).filter { key in
            !attachments.contains(key.attachment) && (role == nil || key.role == role?.rawValue)
        }
    }
}

extension Host {
    fileprivate mutating func linkNames() throws(CNIError) -> Set<String> {
        Set(try kernel { () throws(NetlinkError) in try socket.links() }.map(\.name))
    }

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
        return outcomes.compactMap(\.self).filter { $0.errno != .noDevice }.map(\.description)
    }
}
