package import CNIProtocol
package import NetworkTypes

/// How the link that is the pods' gateway comes to its addresses.
package struct GatewayAddresses: Sendable, Hashable {
    /// Addresses that give way, to be removed first.
    package private(set) var removed: [CIDR] = []
    package private(set) var added: [CIDR] = []

    /// Compares what a link has with what it is to have.
    ///
    /// An address whose subnet overlaps a wanted one's stands in its way. So does any other IPv4 address, for the
    /// `bridge` plugin and where addresses are forced: a bridge has one IPv4 network there. Fairway's own networks may
    /// share a bridge.
    ///
    /// - Throws: code 7 when an address stands in the way and `forceAddress` is not set.
    package init(_ configuration: PluginConfiguration, wanted: [CIDR], present: [CIDR], link: String) throws(CNIError) {
        let isAlone = configuration.personality == .bridge || configuration.forceAddress
        for address in wanted where !present.contains(address) {
            let obstacles = present.filter { other in
                // The bridge of a VLAN's gateway may have a loopback address, which is in nobody's way.
                !wanted.contains(other) && other.family == address.family && !other.address.isLoopback
                    && (other.overlaps(address) || isAlone && other.family == .ipv4)
            }
            if let other = obstacles.first, !configuration.forceAddress {
                throw CNIError(
                    .invalidConfiguration, "\"\(link)\" already has an IP address different from \(address)",
                    details: "it has \(other): set forceAddress to replace it, or remove it")
            }
            removed += obstacles.filter { !removed.contains($0) }
            added.append(address)
        }
    }

    package var isEmpty: Bool { removed.isEmpty && added.isEmpty }
}
