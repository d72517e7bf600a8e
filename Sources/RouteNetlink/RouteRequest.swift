package import NetworkTypes

/// A change to links, addresses, routes or neighbours, as a value.
package enum RouteRequest: Sendable, Hashable {
    case createBridge(BridgeSpecification)
    case createVeth(VethSpecification)
    case changeLink(LinkReference, LinkChange)
    case deleteLink(LinkReference)
    /// Deletes every link of a group at once, in the time that one takes.
    case deleteGroup(UInt32)
    /// Adds an address that is usable at once: IPv6 without duplicate address detection.
    case addAddress(LinkAddress)
    case addRoute(Route)
    /// Sets a permanent neighbour entry, replacing one for the address.
    case setNeighbour(Neighbour)
    case deleteNeighbour(Neighbour)
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
    package var options: BridgeOptions?

    package init(name: String, mac: MACAddress, mtu: Int?, options: BridgeOptions?) {
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
    package var master: Int32
    package var peerName: String
    package var peerMAC: MACAddress
    /// A descriptor of the namespace that the other end goes to.
    package var peerNamespace: Int32
    package var mtu: Int?

    package init(
        name: String, mac: MACAddress, master: Int32, peerName: String, peerMAC: MACAddress, peerNamespace: Int32,
        mtu: Int?
    ) {
        self.name = name
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
    package var alias: String?
    package var group: UInt32?
    package var bridge: BridgeOptions?
    package var port: BridgePortOptions?

    package init(
        isUp: Bool? = nil, alias: String? = nil, group: UInt32? = nil, bridge: BridgeOptions? = nil,
        port: BridgePortOptions? = nil
    ) {
        self.isUp = isUp
        self.alias = alias
        self.group = group
        self.bridge = bridge
        self.port = port
    }
}

extension RouteRequest: CustomStringConvertible {
    /// The request in words, for errors.
    package var description: String {
        switch self {
        case .createBridge(let bridge): "create the bridge \(bridge.name)"
        case .createVeth(let veth): "create the veth pair \(veth.name) and \(veth.peerName)"
        case .changeLink(let link, let change): "change \(link): \(change.words)"
        case .deleteLink(let link): "delete \(link)"
        case .deleteGroup(let group): "delete the links of group \(group)"
        case .addAddress(let address): "add the address \(address.address) to link \(address.link)"
        case .addRoute(let route):
            "add the route to \(route.destination)" + (route.gateway.map { " via \($0)" } ?? "")
        case .setNeighbour(let neighbour): "set the neighbour \(neighbour.address)"
        case .deleteNeighbour(let neighbour): "delete the neighbour \(neighbour.address)"
        }
    }
}

extension LinkReference: CustomStringConvertible {
    package var description: String {
        switch self {
        case .index(let index): "link \(index)"
        case .name(let name): "link \(name)"
        }
    }
}

extension LinkChange {
    fileprivate var words: String {
        var words: [String] = []
        if let isUp { words.append(isUp ? "up" : "down") }
        if alias != nil { words.append("alias") }
        if group != nil { words.append("group") }
        if bridge != nil { words.append("bridge options") }
        if port != nil { words.append("bridge port options") }
        return words.joined(separator: ", ")
    }
}
