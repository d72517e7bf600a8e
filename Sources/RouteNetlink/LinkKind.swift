package import NetworkTypes

/// A link to create.
package struct LinkSpecification: Sendable, Hashable {
    package var name: String
    package var kind: LinkKind
    /// Nil for the kernel's choice, which is a random one.
    package var mac: MACAddress?
    /// Nil for the kernel's choice; a bridge's follows its smallest port.
    package var mtu: Int?
    /// The bridge that the link is a port of; nil for none.
    package var master: Int32?
    /// The device that a VLAN's lies on; nil for other kinds.
    package var lower: Int32?
    /// The number to give the link, so that later messages of a batch can name it; nil for the kernel's choice.
    package var index: Int32?
    package var isUp: Bool

    package init(
        name: String, kind: LinkKind, mac: MACAddress? = nil, mtu: Int? = nil, master: Int32? = nil,
        lower: Int32? = nil, index: Int32? = nil, isUp: Bool = true
    ) {
        self.name = name
        self.kind = kind
        self.mac = mac
        self.mtu = mtu
        self.master = master
        self.lower = lower
        self.index = index
        self.isUp = isUp
    }
}

/// What kind of link it is, with what only that kind has.
package enum LinkKind: Sendable, Hashable {
    case bridge(BridgeOptions)
    /// A pair, of which the link is one end.
    case veth(VethPeer)
    /// The frames of one VLAN of the device that it lies on, without their tag; 1 to 4094.
    case vlan(UInt16)
    case vxlan(VXLANOptions)

    /// The kernel's name for the kind.
    package var name: String {
        switch self {
        case .bridge: "bridge"
        case .veth: "veth"
        case .vlan: "vlan"
        case .vxlan: "vxlan"
        }
    }
}

/// The other end of a veth pair, which is made down: the kernel refuses to create it up (ENOTCONN).
package struct VethPeer: Sendable, Hashable {
    package var name: String
    package var mac: MACAddress
    /// A descriptor of the namespace that it goes to; nil for the socket's own.
    package var namespace: Int32?

    package init(name: String, mac: MACAddress, namespace: Int32? = nil) {
        self.name = name
        self.mac = mac
        self.namespace = namespace
    }
}

/// A bridge's own switches: nil for one that the kernel does not know, or that a request leaves as it is.
package struct BridgeOptions: Sendable, Hashable {
    /// Whether frames that the bridge forwards pass iptables, nftables and conntrack (`IFLA_BR_NF_CALL_IPTABLES`).
    package var callsIPTables: Bool?
    /// The same for IPv6 (`IFLA_BR_NF_CALL_IP6TABLES`).
    package var callsIP6Tables: Bool?
    /// Whether ports carry only the VLANs that they are given (`IFLA_BR_VLAN_FILTERING`).
    package var filtersVLANs: Bool?
    /// The VLAN that a new port is given untagged (`IFLA_BR_VLAN_DEFAULT_PVID`); 0 for none.
    package var defaultVLAN: UInt16?

    package init(
        callsIPTables: Bool? = nil, callsIP6Tables: Bool? = nil, filtersVLANs: Bool? = nil, defaultVLAN: UInt16? = nil
    ) {
        self.callsIPTables = callsIPTables
        self.callsIP6Tables = callsIP6Tables
        self.filtersVLANs = filtersVLANs
        self.defaultVLAN = defaultVLAN
    }

    /// Whether every switch that is set here is set so in what a bridge has.
    package func isMet(by present: BridgeOptions) -> Bool {
        (callsIPTables == nil || callsIPTables == present.callsIPTables)
            && (callsIP6Tables == nil || callsIP6Tables == present.callsIP6Tables)
            && (filtersVLANs == nil || filtersVLANs == present.filtersVLANs)
            && (defaultVLAN == nil || defaultVLAN == present.defaultVLAN)
    }
}

/// A VXLAN device: an Ethernet over UDP.
///
/// Its number and port cannot be changed later, nor are two devices of a node
/// allowed to have both in common.
package struct VXLANOptions: Sendable, Hashable {
    /// The network's number (VNI), 24 bits.
    package var id: UInt32
    /// The UDP port; the kernel's own choice would be 8472, IANA's is 4789.
    package var port: UInt16
    /// The address that outer packets come from; nil for the route's choice.
    package var local: IPAddress?
    /// The link that outer packets leave by, with which the device also goes; nil for the route's choice.
    package var underlay: Int32?
    /// Whether it learns from packets which node has a MAC address; without, somebody has to say so.
    package var learns: Bool

    package init(
        id: UInt32, port: UInt16 = 4789, local: IPAddress? = nil, underlay: Int32? = nil, learns: Bool = false
    ) {
        self.id = id
        self.port = port
        self.local = local
        self.underlay = underlay
        self.learns = learns
    }
}
