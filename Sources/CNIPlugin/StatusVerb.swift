import CNIProtocol
import HostIPAM
import LinuxSystem
import NetworkTypes
import RouteNetlink

/// STATUS: whether an ADD could succeed now.
enum StatusVerb {
    static func run(_ network: NetworkConfiguration, _ personality: Personality) throws(CNIError) {
        let configuration = try PluginConfiguration(network, personality, arguments: [:])
        try requireBridge(configuration.bridge)
        if let ipam = configuration.addressSource.builtIn {
            let directory = LeaseDirectory(
                dataDirectory: IPAMConfiguration.dataDirectory(network.root), network: network.name)
            try directory.requireWritable()
            try directory.requireFree(ipam)
        }
        try Delegate.named(in: network)?.run(.status)
        if configuration.requiresBridgeNetfilter, !BridgeNetfilter.isPresent {
            throw CNIError(
                .limitedConnectivity, BridgeNetfilter.complaint, details: BridgeNetfilter.cure)
        }
    }

    /// A link of the bridge's name must be one; none is as good, as ADD makes it.
    private static func requireBridge(_ name: String) throws(CNIError) {
        var host = try Host()
        guard let link = try kernel({ () throws(NetlinkError) in try host.socket.link(named: name) }) else { return }
        do throws(CNIError) {
            try host.requireBridge(link)
        } catch {
            throw CNIError(.notAvailable, error.message, details: error.details)
        }
    }
}

/// The kernel's module that lets a bridge's frames pass nftables and conntrack.
enum BridgeNetfilter {
    static let complaint = "the kernel has no br_netfilter: Services fail between pods of one node"
    static let cure =
        "run modprobe br_netfilter, and name it in /etc/modules-load.d; or set requireBridgeNetfilter to false"

    static var isPresent: Bool { Sysctl.exists("net/bridge/bridge-nf-call-iptables") }
}
