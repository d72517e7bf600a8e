import Attachments
import CNIProtocol
import HostIPAM
import NetworkTypes

extension AddPlan {
    /// What the pod wants of nf_tables: its host ports, its network's masquerading, and its own MAC address only.
    static func demand(
        of attachment: Attachment, _ configuration: PluginConfiguration, _ assignments: [Allocation.Assignment],
        mac: MACAddress, hostLinkName: String
    ) -> PodDemand {
        var subnets: [CIDR] = []
        // All that the network's pods may have, and not this one's alone: among themselves nothing is masqueraded.
        let ranges = configuration.addressSource.builtIn?.rangeSets.flatMap(\.ranges).map(\.subnet) ?? []
        for network in ranges + assignments.map(\.address.network) where !subnets.contains(network) {
            subnets.append(network)
        }
        return PodDemand(
            owner: attachment, addresses: assignments.map(\.address), ports: configuration.hostPorts,
            clientNAT: configuration.clientNAT,
            onLoopback: configuration.servesLoopbackHostPorts && !configuration.hostPorts.isEmpty,
            masquerade: configuration.masquerades && !subnets.isEmpty
                ? Masquerade(
                    network: attachment.network, subnets: subnets, excluded: configuration.masqueradeExclusions) : nil,
            guardedMAC: configuration.checksMACSpoofing ? GuardedMAC(linkName: hostLinkName, address: mac) : nil)
    }
}

extension PluginConfiguration {
    /// Where bridged packets do not pass conntrack, an answer to a neighbour must come back through the node.
    fileprivate var clientNAT: ClientNAT {
        if portMapOptions.masqueradesAll { return .everything }
        return requiresBridgeNetfilter ? .hairpin : .subnet
    }

    /// Whether an attachment wants anything of nf_tables.
    package var wantsTables: Bool { !hostPorts.isEmpty || masquerades || checksMACSpoofing }
}
