package import NetworkTypes

/// A change to links, addresses, routes, neighbours, VLANs or queueing, as a value.
package enum RouteRequest: Sendable, Hashable {
    case createBridge(BridgeSpecification)
    case createVeth(VethSpecification)
    case changeLink(LinkReference, LinkChange)
    case deleteLink(LinkReference)
    /// Deletes every link of a group at once, in the time that one takes.
    case deleteGroup(UInt32)
    case addAddress(LinkAddress)
    case deleteAddress(LinkAddress)
    case addRoute(Route)
    /// Sets a permanent neighbour entry, replacing one for the address.
    case setNeighbour(Neighbour)
    case deleteNeighbour(Neighbour)
    case addVLANs(PortVLANs)
    case deleteVLANs(PortVLANs)
    /// Shapes what leaves a link, replacing what is at its root.
    case setRootQueue(TokenBucket, link: Int32)
    /// Gives a link its kind's own queueing back.
    case deleteRootQueue(link: Int32)
}

/// How a request names a link.
package enum LinkReference: Sendable, Hashable {
    case index(Int32)
    case name(String)
}

/// A bridge to create.
package struct BridgeSpecification: Sendable, Hashable {
    package var name: String
    package var mac: MACAddress
    /// Nil for the kernel's choice, which follows the smallest port.
    package var mtu: Int?
    /// Nil for the kernel's defaults.
    package var options: BridgeOptions

    package init(name: String, mac: MACAddress, mtu: Int?, options: BridgeOptions) {
        self.name = name
        self.mac = mac
        self.mtu = mtu
        self.options = options
    }
}

/// A veth pair to create: one end here and up, the other in another namespace and down.
///
/// The kernel refuses to create the other end up (ENOTCONN).
package struct VethSpecification: Sendable, Hashable {
    package var name: String
    package var mac: MACAddress
    /// The bridge that this end is a port of; nil for none.
    package var master: Int32?
    package var peerName: String
    package var peerMAC: MACAddress
    /// A descriptor of the namespace that the other end goes to; nil for the socket's own.
    package var peerNamespace: Int32?
    package var mtu: Int?
    /// The number to give this end, so that later messages of a batch can name it; nil for the kernel's choice.
    package var index: Int32?

    package init(
        name: String, mac: MACAddress, master: Int32?, peerName: String, peerMAC: MACAddress, peerNamespace: Int32?,
        mtu: Int?, index: Int32? = nil
    ) {
        self.name = name
        self.index = index
        self.mac = mac
        self.master = master
        self.peerName = peerName
        self.peerMAC = peerMAC
        self.peerNamespace = peerNamespace
        self.mtu = mtu
    }
}

/// What to change on a link; nil leaves a property as it is.
package struct LinkChange: Sendable, Hashable {
    package var isUp: Bool?
    package var isPromiscuous: Bool?
    package var mac: MACAddress?
    package var alias: String?
    package var group: UInt32?
    package var bridge: BridgeOptions?
    package var port: BridgePortOptions?

    package init(
        isUp: Bool? = nil, isPromiscuous: Bool? = nil, mac: MACAddress? = nil, alias: String? = nil,
        group: UInt32? = nil, bridge: BridgeOptions? = nil, port: BridgePortOptions? = nil
    ) {
        self.isUp = isUp
        self.isPromiscuous = isPromiscuous
        self.mac = mac
        self.alias = alias
        self.group = group
        self.bridge = bridge
        self.port = port
    }
}
