import AttachmentStore
import Attachments
import CNIProtocol
import HostIPAM
import LinuxSystem
import NetworkTypes
import PodTables
import RouteNetlink

/// DEL: takes the container's interface, rules and addresses away, however often it is asked.
///
/// What was made follows from the network, the container and the interface, and from the attachment's record. So DEL
/// needs no valid configuration, and looks at CNI_NETNS only for an interface that another plugin made: a path through a
/// process whose number has been given to another one may well name a stranger's namespace by now.
struct DeleteVerb: ~Copyable {
    private let network: NetworkConfiguration
    private let environment: PluginEnvironment
    private let identity: AttachmentIdentity
    private var host: Host

    init(_ network: NetworkConfiguration, _ environment: PluginEnvironment) throws(CNIError) {
        self.network = network
        self.environment = environment
        identity = AttachmentIdentity(network, environment)
        host = try Host()
    }

    /// Goes on after a failure, and reports the first one: what can be freed is freed, and the runtime tries again.
    mutating func run() throws(CNIError) {
        let rules = try NodeRules()
        // Also what `portmap` has mapped: the list may name it no more.
        let keys = [identity.key(), identity.key(.portmap)]
        var failure: CNIError?
        var records: [AttachmentRecord] = []
        do throws(CNIError) {
            // First: the kernel frees what is deleted here while it waits for the link to go.
            records = try rules.retire(keys)
        } catch {
            failure = error
        }
        do throws(CNIError) {
            let hadLink = try host.removeLink(of: identity)
            let hasRecord = records.contains { $0.key == keys[0] }
            let directory = LeaseDirectory(
                dataDirectory: records.compactMap(\.dataDirectory).first
                    ?? IPAMConfiguration.dataDirectory(network.root), network: identity.network)
            if !hadLink, !hasRecord { try removeForeignInterface(directory) }
            // Somebody has removed the record: its rules are those that no record wants.
            if hadLink, !hasRecord, failure == nil { try rules.compare() }
            // Only now: an address that is free must not be in use, and no rule may lead to its next pod.
            if failure == nil {
                try directory.release(allOf: identity.attachment)
                try Delegate.named(in: network)?.run(.del)
            }
        } catch {
            failure = failure ?? error
        }
        if let failure { throw failure }
        try rules.forget(keys)
    }

    /// Removes an interface that the `bridge` plugin made before Fairway took over, if its address is leased to this
    /// container: that is how one knows that the namespace is still the container's.
    private mutating func removeForeignInterface(_ directory: LeaseDirectory) throws(CNIError) {
        guard !environment.namespacePath.isEmpty, var pod = try? Pod(environment, host: host) else { return }
        let name = environment.interfaceName
        let attachment = identity.attachment
        try kernel { () throws(NetlinkError) in
            guard let link = try pod.socket.link(named: name), link.kind == "veth" else { return }
            let addresses = try pod.socket.addresses(ofLink: link.index)
            guard
                addresses.contains(where: { directory.holder(of: $0.address.address)?.belongs(to: attachment) == true })
            else { return }
            try pod.socket.execute(.deleteLink(.index(link.index)))
        }
    }
}

extension Host {
    /// Deletes an attachment's host end, and with it the pod's; none is as good.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    mutating func removeLink(of identity: AttachmentIdentity) throws(CNIError) -> Bool {
        let name = identity.hostLinkName
        guard let link = try kernel({ () throws(NetlinkError) in try socket.link(named: name) }) else { return false }
        // An empty alias is that of a pair whose maker was killed between two messages. Another alias is another
        // attachment's whose name falls on the same digits: ADD has then refused this one.
        guard link.alias == identity.alias || link.alias.isEmpty, link.kind == "veth" else { return false }
        do throws(NetlinkError) {
            try socket.execute(.deleteLink(.index(link.index)))
        } catch {
            guard error.errno == .noDevice else { throw CNIError(error) }
        }
        return true
    }
}
