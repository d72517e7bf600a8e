package import NetworkTypes

/// A network device as the kernel describes it.
package struct Link: Sendable, Hashable {
    package var index: Int32
    package var name = ""
    package var isUp = false
    /// Whether it is up and can send (`IFF_RUNNING`): a bridge's port takes frames from then on.
    package var isRunning = false
    /// Whether somebody asked the device to take every frame (`IFF_PROMISC`); a bridge's ports do so without it.
    package var isPromiscuous = false
    package var mac: MACAddress?
    package var mtu = 0
    /// The index of the bridge this link is a port of; nil when it is none.
    package var master: Int32?
    /// The index of the device this one is bound to, such as a veth's other end, in whichever namespace that is.
    package var peer: Int32?
    package var group: UInt32 = 0
    package var alias = ""
    /// The device's kind, such as `veth` or `bridge`; empty for hardware and loopback.
    package var kind = ""
    /// What the kernel says of a link of its kind, as the kind was requested; nil where it says nothing.
    package var details: LinkKind?
    /// The kind of the queueing discipline at the root, such as `noqueue` or `tbf`.
    package var queueing = ""
    /// Set when the link is a bridge's port.
    package var port: BridgePortOptions?

    package init(index: Int32) { self.index = index }

    /// Set when the link is a bridge.
    package var bridge: BridgeOptions? {
        get { if case .bridge(let options)? = details { options } else { nil } }
        set { details = newValue.map { .bridge($0) } }
    }
}

/// A bridge port's switches.
package struct BridgePortOptions: Sendable, Hashable {
    /// Whether a frame may leave by the port it came in (`IFLA_BRPORT_MODE`).
    package var hairpin: Bool
    /// Whether the port talks to ports that are not isolated only (`IFLA_BRPORT_ISOLATED`).
    package var isIsolated: Bool

    package init(hairpin: Bool, isIsolated: Bool) {
        self.hairpin = hairpin
        self.isIsolated = isIsolated
    }
}

/// How a request names a link.
package enum LinkReference: Sendable, Hashable {
    case index(Int32)
    case name(String)
}

/// What to change on a link; nil leaves a property as it is.
package struct LinkChange: Sendable, Hashable {
    /// A new name, of a link that the request names by its number; older kernels rename none that is up (EBUSY).
    package var name: String?
    package var isUp: Bool?
    package var isPromiscuous: Bool?
    package var mac: MACAddress?
    package var mtu: Int?
    package var alias: String?
    package var group: UInt32?
    package var bridge: BridgeOptions?
    package var port: BridgePortOptions?

    package init(
        name: String? = nil, isUp: Bool? = nil, isPromiscuous: Bool? = nil, mac: MACAddress? = nil, mtu: Int? = nil,
        alias: String? = nil, group: UInt32? = nil, bridge: BridgeOptions? = nil, port: BridgePortOptions? = nil
    ) {
        self.name = name
        self.isUp = isUp
        self.isPromiscuous = isPromiscuous
        self.mac = mac
        self.mtu = mtu
        self.alias = alias
        self.group = group
        self.bridge = bridge
        self.port = port
    }
}
