package import JSON
package import NetworkTypes

/// What ADD made, as the runtime is told.
///
/// Members that this program does not know are kept, so that a result passes through a chained plugin unharmed.
package struct AddResult: Sendable, Hashable {
    package struct Interface: Sendable, Hashable {
        package var name: String
        /// The hardware address as text: not every link has 48 bits, and some have none.
        package var hardwareAddress: String
        /// Told from version 1.0.0 on.
        package var mtu: Int?
        /// The path of the namespace that holds the interface; empty for the host's.
        package var sandbox: String
        /// The path of a socket that leads to the interface; told from version 1.0.0 on.
        package var socketPath = ""
        /// The PCI device behind the interface; told from version 1.0.0 on.
        package var pciID = ""
        /// The members that have no property here.
        package var others = JSONObject()

        package init(name: String, mac: MACAddress?, mtu: Int? = nil, sandbox: String = "") {
            self.name = name
            hardwareAddress = mac?.description ?? ""
            self.mtu = mtu
            self.sandbox = sandbox
        }

        /// The hardware address where it is an Ethernet one.
        package var mac: MACAddress? { MACAddress(hardwareAddress) }
    }

    package struct Address: Sendable, Hashable {
        /// The index in `interfaces` of the interface that has the address; told from version 0.3.0 on.
        package var interface: Int?
        package var address: CIDR
        package var gateway: IPAddress?
        /// The members that have no property here.
        package var others = JSONObject()

        package init(interface: Int? = nil, address: CIDR, gateway: IPAddress? = nil) {
            self.interface = interface
            self.address = address
            self.gateway = gateway
        }
    }

    package var interfaces: [Interface]
    package var addresses: [Address]
    package var routes: [RouteConfiguration]
    package var dns: DNSConfiguration
    /// The members that have no property here.
    package var others = JSONObject()

    package init(
        interfaces: [Interface] = [], addresses: [Address] = [], routes: [RouteConfiguration] = [],
        dns: DNSConfiguration = DNSConfiguration()
    ) {
        self.interfaces = interfaces
        self.addresses = addresses
        self.routes = routes
        self.dns = dns
    }
}

/// A route as the configuration asks for it and the result reports it.
package struct RouteConfiguration: Sendable, Hashable {
    package var destination: CIDR
    /// The next hop; nil for the gateway of the same family from the addresses.
    package var gateway: IPAddress?
    package var mtu: Int?
    /// The TCP maximum segment size to advertise.
    package var advertisedMSS: Int?
    package var priority: Int?
    package var table: Int?
    /// The kernel's scope number: 0 for global, 253 for link, 254 for host.
    package var scope: Int?
    /// The members that have no property here.
    package var others = JSONObject()

    package init(destination: CIDR, gateway: IPAddress? = nil) {
        self.destination = destination
        self.gateway = gateway
    }
}

/// Name servers and search domains.
package struct DNSConfiguration: Sendable, Hashable {
    package var nameservers: [String] = []
    package var domain = ""
    package var search: [String] = []
    package var options: [String] = []

    package init() {}

    package var isEmpty: Bool { nameservers.isEmpty && domain.isEmpty && search.isEmpty && options.isEmpty }
}
