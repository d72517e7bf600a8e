import CNIProtocol
import HostIPAM
import LinuxSystem
import NetworkTypes

/// STATUS: whether an ADD could succeed now.
enum StatusVerb {
    static func run(_ network: NetworkConfiguration) throws(CNIError) {
        let configuration = try PluginConfiguration(network, arguments: [:])
        let directory = LeaseDirectory(
            dataDirectory: IPAMConfiguration.dataDirectory(network.root), network: network.name)
        let leased = try directory.leasedAddresses()
        let ipam = configuration.ipam
        if let full = ipam.rangeSets.first(where: { $0.isExhausted(leased: leased, excluding: ipam.excluded) }) {
            throw CNIError(
                .notAvailable, "no IP addresses available in range set: \(full)",
                details: "delete unused pods, run GC, or give ipam.ranges a larger subnet")
        }
        if configuration.requiresBridgeNetfilter, !BridgeNetfilter.isPresent {
            throw CNIError(
                .limitedConnectivity, BridgeNetfilter.complaint, details: BridgeNetfilter.cure)
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
