package import CNIProtocol
package import NetworkTypes

/// What an address source gave one pod.
package struct Allocation: Sendable, Hashable {
    /// An address with its subnet's prefix length, and the subnet's gateway where the source names one.
    package struct Assignment: Sendable, Hashable {
        package let address: CIDR
        package let gateway: IPAddress?

        package init(address: CIDR, gateway: IPAddress?) {
            self.address = address
            self.gateway = gateway
        }

        /// The gateway, or the subnet's first host address, which the `bridge` plugin takes where none is named.
        package var effectiveGateway: IPAddress {
            if let gateway { return gateway }
            let first = IPAddress(family: address.family, value: address.first.value | 1)
            // In a subnet of one address the pod itself has it.
            return first == address.address && address.prefixLength == first.family.addressBits
                ? IPAddress(family: address.family, value: address.first.value &+ 1) : first
        }
    }

    package var assignments: [Assignment]
    package var routes: [RouteConfiguration]
    package var dns: DNSConfiguration

    package init(
        _ assignments: [Assignment] = [], routes: [RouteConfiguration] = [], dns: DNSConfiguration = DNSConfiguration()
    ) {
        self.assignments = assignments
        self.routes = routes
        self.dns = dns
    }

    /// The leases of the built-in source, in the order of its range sets.
    package init(_ leases: [AddressCandidate], routes: [RouteConfiguration], dns: DNSConfiguration) {
        self.init(leases.map { Assignment(address: $0.address, gateway: $0.gateway) }, routes: routes, dns: dns)
    }

    /// What another address plugin answered.
    package init(_ result: AddResult) {
        self.init(
            result.addresses.map { Assignment(address: $0.address, gateway: $0.gateway) }, routes: result.routes,
            dns: result.dns)
    }
}
