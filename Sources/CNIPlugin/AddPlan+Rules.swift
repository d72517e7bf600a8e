package import AttachmentStore
package import Attachments
package import CNIProtocol
import HostIPAM
import NetworkTypes
import PodTables

extension AttachmentIdentity {
    /// The attachment as its rules' elements name it.
    package var owner: AttachmentID {
        AttachmentID(network: network, containerID: attachment.containerID, interfaceName: attachment.interfaceName)
    }

    /// The name of its record, and of a chained plugin's part of it.
    package func key(_ role: Personality? = nil) -> AttachmentKey {
        AttachmentKey(owner, role: role?.rawValue ?? "")
    }
}

extension AddPlan {
    /// What the pod wants of nf_tables: its host ports, its network's masquerading, and its own MAC address only.
    package var rules: PodDemand {
        var subnets: [CIDR] = []
        // All that the network's pods may have, and not this one's alone: among themselves nothing is masqueraded.
        let ranges = configuration.addressSource.builtIn?.rangeSets.flatMap(\.ranges).map(\.subnet) ?? []
        for network in ranges + assignments.map(\.address.network) where !subnets.contains(network) {
            subnets.append(network)
        }
        return PodDemand(
            owner: identity.owner, addresses: assignments.map(\.address),
            ports: configuration.portMappings.map { HostPort($0) }, clientNAT: clientNAT,
            onLoopback: configuration.servesLoopbackHostPorts && !configuration.portMappings.isEmpty,
            masquerade: configuration.masquerades && !subnets.isEmpty
                ? Masquerade(
                    network: identity.network, subnets: subnets, excluded: configuration.masqueradeExclusions) : nil,
            guardedMAC: configuration.checksMACSpoofing
                ? GuardedMAC(linkName: identity.hostLinkName, address: interfaceMAC) : nil)
    }

    /// Where bridged packets do not pass conntrack, an answer to a neighbour must come back through the node.
    private var clientNAT: ClientNAT {
        if configuration.portMapOptions.masqueradesAll { return .everything }
        return configuration.requiresBridgeNetfilter ? .hairpin : .subnet
    }
}

extension PluginConfiguration {
    /// Whether an attachment wants anything of nf_tables.
    var wantsRules: Bool { !portMappings.isEmpty || masquerades || checksMACSpoofing }
}

extension HostPort {
    package init(_ mapping: PortMapping) {
        self.init(mapping.protocol, mapping.hostPort, to: mapping.containerPort, on: mapping.hostAddress)
    }
}
