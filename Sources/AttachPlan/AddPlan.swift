package import Attachments
package import CNIProtocol
package import HostIPAM
package import NetworkTypes

/// What ADD will do, decided from the configuration and the addresses alone.
package struct AddPlan: Sendable {
    package let attachment: Attachment
    /// The name of the pair's end on the node.
    package let hostLinkName: String
    package let configuration: PluginConfiguration
    package let assignments: [Allocation.Assignment]
    package let routes: [RouteConfiguration]
    /// The configuration's routes that the pod cannot have: their gateway is to be that of a family without an address.
    package let skippedRoutes: [RouteConfiguration]
    package let interfaceMAC: MACAddress
    /// Whether neighbours may know the pod's addresses by another MAC address than the interface has.
    package let needsAnnouncement: Bool
    package let hostMAC: MACAddress
    /// The MAC address of a bridge that has to be made, and so of its VLANs' gateways.
    package let bridgeMAC: MACAddress
    /// What the pod wants of nf_tables.
    package let demand: PodDemand

    package init(_ configuration: PluginConfiguration, of attachment: Attachment, allocation: Allocation) {
        self.attachment = attachment
        self.configuration = configuration
        assignments = allocation.assignments
        // An IPv4 address makes the better MAC: all its bits fit.
        let lead = assignments.first { $0.address.family == .ipv4 } ?? assignments.first
        let name = attachment.hostLinkName
        hostLinkName = name
        // An interface that is there before its addresses has been at work with its MAC address (`dhcp`).
        let fixedMAC =
            configuration.requestedMAC
            ?? (configuration.addressSource.needsInterface ? DerivedMAC.interface(name) : nil)
        interfaceMAC =
            fixedMAC ?? lead.map { DerivedMAC.interface($0.address.address) } ?? DerivedMAC.interface(name)
        needsAnnouncement = fixedMAC != nil && !assignments.isEmpty
        hostMAC = lead.map { DerivedMAC.hostEnd($0.address.address) } ?? DerivedMAC.hostEnd(name)
        let gateway = configuration.isGateway ? lead.map { DerivedMAC.interface($0.effectiveGateway) } : nil
        // Not from the bridge's name: bridges of several nodes may be one network.
        bridgeMAC = gateway ?? DerivedMAC.interface("gateway \(name)")
        demand = Self.demand(
            of: attachment, configuration, assignments, mac: interfaceMAC, hostLinkName: name)
        let families = Set(assignments.map(\.address.family))
        let isUsable = { (route: RouteConfiguration) in
            route.gateway != nil || route.isOnLink || families.contains(route.destination.family)
        }
        routes = Self.routes(configuration, allocation).filter(isUsable)
        skippedRoutes = allocation.routes.filter { !isUsable($0) }
    }

    /// The address source's routes, and a default route for each family that it gives none for.
    private static func routes(_ configuration: PluginConfiguration, _ allocation: Allocation) -> [RouteConfiguration] {
        var routes = allocation.routes
        guard configuration.isDefaultGateway else { return routes }
        for assignment in allocation.assignments {
            guard let everything = CIDR(IPAddress(family: assignment.address.family, value: 0), prefixLength: 0),
                !routes.contains(where: { $0.destination == everything && ($0.table ?? 254) == 254 })
            else { continue }
            routes.append(RouteConfiguration(destination: everything, gateway: assignment.effectiveGateway))
        }
        return routes
    }

    /// The gateways' addresses: each subnet's once.
    package var gatewayAddresses: [CIDR] {
        guard configuration.isGateway else { return [] }
        var addresses: [CIDR] = []
        for assignment in assignments {
            guard let address = CIDR(assignment.effectiveGateway, prefixLength: assignment.address.prefixLength),
                !addresses.contains(address)
            else { continue }
            addresses.append(address)
        }
        return addresses
    }

    /// The cure where an interface has no switches for IPv6: the kernel has it off, or its MTU is too small.
    package static let needOfIPv6 =
        "an IPv6 range needs a kernel with IPv6 turned on, and an mtu of at least \(PluginConfiguration.leastMTUOfIPv6)"

    package var hasIPv6: Bool { assignments.contains { $0.address.family == .ipv6 } }

    /// The forwarding switches of the node that the gateway needs, below `/proc/sys`.
    package var forwardingSwitches: [String] {
        configuration.forwardingSwitches(for: assignments.map(\.address.family))
    }

    /// What the runtime is told.
    ///
    /// - Parameters:
    ///   - bridge: the bridge as it is, which may have existed with another MAC address.
    ///   - hostLink: the node's end as it is.
    ///   - gateway: the VLAN's own gateway link; nil when there is none.
    ///   - routes: those that were added.
    package func result(
        bridge: AddResult.Interface, hostLink: AddResult.Interface, gateway: AddResult.Interface? = nil,
        routes: [RouteConfiguration], sandbox: String, dns: DNSConfiguration
    ) -> AddResult {
        let interface = AddResult.Interface(
            name: attachment.interfaceName, mac: interfaceMAC, mtu: hostLink.mtu, sandbox: sandbox)
        return AddResult(
            interfaces: [bridge, hostLink, interface] + (gateway.map { [$0] } ?? []),
            addresses: assignments.map {
                AddResult.Address(
                    interface: 2, address: $0.address,
                    gateway: $0.gateway ?? (configuration.isGateway ? $0.effectiveGateway : nil))
            },
            routes: routes, dns: dns)
    }
}

extension RouteConfiguration {
    /// With scope link the destination is on the wire itself; otherwise the family's gateway is meant.
    package var isOnLink: Bool { scope.map { $0 >= 253 } ?? false }
}

extension PluginConfiguration {
    /// The link that has the gateways' addresses: the bridge, or for pods in a VLAN a VLAN device on it.
    package var gatewayLink: String { vlan.access.map { "\(bridge).\($0)" } ?? bridge }

    /// The name of a VLAN's gateway until all of it is made.
    ///
    /// No network has an empty name, so no pod's link has this one.
    package var gatewayDraft: String {
        Attachment(network: "", containerID: "draft", interfaceName: gatewayLink).hostLinkName
    }

    /// The links by which pods' packets may come to the node.
    package var gatewayLinks: [String] { vlan.access == nil ? [bridge] : [bridge, gatewayLink] }

    /// The forwarding switches that gateways of some families need, below `/proc/sys`.
    package func forwardingSwitches(for families: [IPFamily]) -> [String] {
        guard isGateway else { return [] }
        return Set(families).sorted().map { $0 == .ipv4 ? "net/ipv4/ip_forward" : "net/ipv6/conf/all/forwarding" }
    }
}
