package import NetworkTypes

/// A network device as the kernel describes it.
package struct Link: Sendable, Hashable {
    package var index: Int32
    package var name = ""
    package var isUp = false
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
    /// The kind of the queueing discipline at the root, such as `noqueue` or `tbf`.
    package var queueing = ""
    /// Set when the link is a bridge.
    package var bridge: BridgeOptions?
    /// Set when the link is a bridge's port.
    package var port: BridgePortOptions?

    package init(index: Int32) { self.index = index }
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

/// An address on a link.
package struct LinkAddress: Sendable, Hashable {
    package var link: Int32
    package var address: CIDR
    /// Whether an IPv6 address waits for duplicate address detection before it is used; without, it is usable at once.
    package var detectsDuplicates = false
    /// How far the detection has come, in what the kernel reports.
    package var detection = Detection.passed

    /// A state of IPv6 duplicate address detection (RFC 4862, section 5.4).
    package enum Detection: Sendable, Hashable {
        case passed
        case underWay
        /// Another interface has the address.
        case failed
    }

    package init(link: Int32, address: CIDR) {
        self.link = link
        self.address = address
    }
}

/// A unicast route.
package struct Route: Sendable, Hashable {
    package var destination: CIDR
    package var gateway: IPAddress?
    package var link: Int32
    /// 254 is the main table.
    package var table: UInt32 = 254
    /// The metric; 0 leaves the choice to the kernel.
    package var priority: UInt32 = 0
    /// The kernel's scope number; nil for global behind a gateway and link otherwise.
    package var scope: UInt8?
    package var mtu: UInt32?
    package var advertisedMSS: UInt32?

    package init(destination: CIDR, gateway: IPAddress? = nil, link: Int32) {
        self.destination = destination
        self.gateway = gateway
        self.link = link
    }
}

/// A neighbour entry: which MAC address answers for an IP address.
package struct Neighbour: Sendable, Hashable {
    package var link: Int32
    package var address: IPAddress
    package var mac: MACAddress

    package init(link: Int32, address: IPAddress, mac: MACAddress) {
        self.link = link
        self.address = address
        self.mac = mac
    }
}
