import CNIProtocol
import HostIPAM
import LinuxSystem
import NetworkTypes
import RouteNetlink

/// DEL: takes the container's interface and leases away, however often it is asked.
///
/// It needs neither the pod's namespace nor a valid configuration, because the host end's name follows from the
/// network, the container and the interface. So it does not look at CNI_NETNS: a path through a process whose number
/// has been given to another one may well name the plugin's own namespace by now.
enum DeleteVerb {
    static func run(_ network: NetworkConfiguration, _ environment: PluginEnvironment) throws(CNIError) {
        var host = try Host()
        let identity = AttachmentIdentity(
            network: network.name,
            attachment: Attachment(containerID: environment.containerID, interfaceName: environment.interfaceName))
        try host.removeLink(of: identity)
        // Only now: an address that is free must not be in use.
        let directory = LeaseDirectory(
            dataDirectory: IPAMConfiguration.dataDirectory(network.root), network: identity.network)
        try directory.release { $0.belongs(to: identity.attachment) }
    }
}

extension Host {
    /// Deletes an attachment's host end, and with it the pod's; none is as good.
    mutating func removeLink(of identity: AttachmentIdentity) throws(CNIError) {
        let name = identity.hostLinkName
        guard let link = try kernel({ () throws(NetlinkError) in try socket.link(named: name) }) else { return }
        // An empty alias is that of a pair whose maker was killed between two messages. Another alias is another
        // attachment's whose name falls on the same digits: ADD has then refused this one.
        guard link.alias == identity.alias || link.alias.isEmpty, link.kind == "veth" else { return }
        do throws(NetlinkError) {
            try socket.execute(.deleteLink(.index(link.index)))
        } catch {
            guard error.errno == .noDevice else { throw CNIError(error) }
        }
    }
}
