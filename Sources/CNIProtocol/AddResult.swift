package import NetworkTypes

/// What ADD made, as the runtime is told.
package struct AddResult: Sendable, Hashable {
    package struct Interface: Sendable, Hashable {
        package var name: String
        package var mac: MACAddress?
        /// Told from version 1.0.0 on.
        package var mtu: Int?
        /// The path of the namespace that holds the interface; empty for the host's.
        package var sandbox: String

        package init(name: String, mac: MACAddress?, mtu: Int? = nil, sandbox: String = "") {
            self.name = name
            self.mac = mac
            self.mtu = mtu
            self.sandbox = sandbox
        }
    }

    package struct Address: Sendable, Hashable {
        /// The index in `interfaces` of the interface that has the address.
        package var interface: Int?
        package var address: CIDR
        package var gateway: IPAddress?

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
