package import NetworkTypes

/// What one attachment wants of the table `fairway-cni`.
package struct PodDemand: Sendable, Hashable {
    package let owner: Attachment
    /// The pod's addresses, each with its subnet's prefix length; the first of each family gets the host ports.
    package var addresses: [CIDR]
    package var ports: [HostPort]
    package var clientNAT: ClientNAT
    /// The node reaches the host ports at 127.0.0.1 too; the bridge's `route_localnet` is the caller's.
    package var onLoopback: Bool
    package var masquerade: Masquerade?
    package var guardedMAC: GuardedMAC?

    package init(
        owner: Attachment, addresses: [CIDR] = [], ports: [HostPort] = [], clientNAT: ClientNAT = .hairpin,
        onLoopback: Bool = false, masquerade: Masquerade? = nil, guardedMAC: GuardedMAC? = nil
    ) {
        self.owner = owner
        self.addresses = addresses
        self.ports = ports
        self.clientNAT = clientNAT
        self.onLoopback = onLoopback
        self.masquerade = masquerade
        self.guardedMAC = guardedMAC
    }

    /// True when the attachment needs no table.
    package var isEmpty: Bool { ports.isEmpty && masquerade == nil && guardedMAC == nil }
}

/// Which clients of a host port reach the pod from an address of the node's instead of their own.
package enum ClientNAT: String, Sendable, Hashable {
    /// The pod itself, which could not answer otherwise.
    case hairpin
    /// The pod's whole subnet: where the bridge does not call conntrack (portmap's `snat`).
    case subnet
    /// All (portmap's `masqAll`).
    case everything
}

/// A network's masquerading: what its pods send out leaves with an address of the node's.
package struct Masquerade: Sendable, Hashable {
    package let network: String
    /// The pods' sources; among themselves nothing is masqueraded.
    package let subnets: [CIDR]
    /// Further destinations that see the pods' own addresses; multicast always does.
    package let excluded: [CIDR]

    package init(network: String, subnets: [CIDR], excluded: [CIDR] = []) {
        self.network = network
        self.subnets = subnets
        self.excluded = excluded
    }
}

extension Masquerade: CustomStringConvertible {
    /// All of the value, unlike any other's.
    package var description: String {
        var text = network
        for subnet in subnets { text += " \(subnet)" }
        text += " except"
        for destination in excluded { text += " \(destination)" }
        return text
    }
}

/// A bridge port that may send from one MAC address only.
package struct GuardedMAC: Sendable, Hashable {
    /// The host end's name.
    package let linkName: String
    package let address: MACAddress

    package init(linkName: String, address: MACAddress) {
        self.linkName = linkName
        self.address = address
    }
}
