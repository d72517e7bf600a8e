package import CNIProtocol
package import HostIPAM
package import NetworkTypes
package import RouteNetlink

/// What ADD will do, decided from the configuration and the addresses alone.
package struct AddPlan: Sendable {
    package let identity: AttachmentIdentity
    package let configuration: PluginConfiguration
    package let assignments: [Allocation.Assignment]
    package let routes: [RouteConfiguration]
    /// The configuration's routes that the pod cannot have: their gateway is to be that of a family without an address.
    package let skippedRoutes: [RouteConfiguration]
    package let interfaceMAC: MACAddress
    package let hostMAC: MACAddress
    package let bridge: BridgeSpecification

    package init(_ configuration: PluginConfiguration, identity: AttachmentIdentity, allocation: Allocation) {
        self.identity = identity
        self.configuration = configuration
        assignments = allocation.assignments
        // An IPv4 address makes the better MAC: all its bits fit.
        let lead = assignments.first { $0.address.family == .ipv4 } ?? assignments.first
        interfaceMAC =
            configuration.requestedMAC ?? lead.map { DerivedMAC.interface($0.address.address) }
            ?? DerivedMAC.interface(identity.hostLinkName)
        hostMAC = lead.map { DerivedMAC.hostEnd($0.address.address) } ?? DerivedMAC.hostEnd(identity.hostLinkName)
        bridge = BridgeSpecification(
            name: configuration.bridge,
            mac: lead.map { DerivedMAC.interface($0.effectiveGateway) } ?? DerivedMAC.interface(configuration.bridge),
            mtu: configuration.mtu,
            // The bridge plugin leaves the bridge's own switches alone.
            options: configuration.personality == .bridge
                ? nil : BridgeOptions(callsIPTables: true, callsIP6Tables: true))
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

    /// The bridge's own addresses: each subnet's gateway once.
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

    package var hasIPv6: Bool { assignments.contains { $0.address.family == .ipv6 } }

    /// The forwarding switches of the node that the gateway needs, below `/proc/sys`.
    package var forwardingSwitches: [String] {
        guard configuration.isGateway else { return [] }
        let families = Set(assignments.map(\.address.family)).sorted()
        return families.map { $0 == .ipv4 ? "net/ipv4/ip_forward" : "net/ipv6/conf/all/forwarding" }
    }

    /// The batch for the node: the pair, then what the kernel does not take in the creating message.
    package func hostRequests(bridge: Int32, peerNamespace: Int32) -> [RouteRequest] {
        [
            .createVeth(
                VethSpecification(
                    name: identity.hostLinkName, mac: hostMAC, master: bridge,
                    peerName: identity.attachment.interfaceName, peerMAC: interfaceMAC, peerNamespace: peerNamespace,
                    mtu: configuration.mtu)),
            .changeLink(
                .name(identity.hostLinkName),
                LinkChange(
                    alias: identity.alias,
                    port: BridgePortOptions(
                        hairpin: configuration.hairpin, isIsolated: configuration.isPortIsolated))),
        ]
    }

    /// The batch for the pod's namespace.
    package func podRequests(link: Int32) -> [RouteRequest] {
        let loopback: Int32 = 1
        return [.changeLink(.index(loopback), LinkChange(isUp: true))]
            + assignments.map { .addAddress(LinkAddress(link: link, address: $0.address)) }
            + [.changeLink(.index(link), LinkChange(isUp: true))]
    }

    /// The routes through the pod's interface, which must be up, in the order of `routes`.
    package func routeRequests(link: Int32) -> [RouteRequest] {
        routes.map { .addRoute(kernelRoute($0, link: link)) }
    }

    private func kernelRoute(_ route: RouteConfiguration, link: Int32) -> Route {
        let gateway =
            route.gateway
            ?? (route.isOnLink
                ? nil : assignments.first { $0.address.family == route.destination.family }?.effectiveGateway)
        var result = Route(destination: route.destination, gateway: gateway, link: link)
        if let table = route.table { result.table = UInt32(clamping: table) }
        if let priority = route.priority { result.priority = UInt32(clamping: priority) }
        result.scope = route.scope.map { UInt8(clamping: $0) }
        result.mtu = route.mtu.map { UInt32(clamping: $0) }
        result.advertisedMSS = route.advertisedMSS.map { UInt32(clamping: $0) }
        return result
    }

    /// What the runtime is told.
    ///
    /// - Parameters:
    ///   - bridge: the bridge as it is, which may have existed with another MAC address.
    ///   - interface: the pod's interface as it is.
    ///   - routes: those that were added.
    package func result(
        bridge: Link, interface: Link, routes: [RouteConfiguration], sandbox: String, dns: DNSConfiguration
    ) -> AddResult {
        AddResult(
            interfaces: [
                AddResult.Interface(name: bridge.name, mac: bridge.mac, mtu: bridge.mtu),
                AddResult.Interface(name: identity.hostLinkName, mac: hostMAC, mtu: interface.mtu),
                AddResult.Interface(
                    name: interface.name, mac: interface.mac, mtu: interface.mtu, sandbox: sandbox),
            ],
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
    fileprivate var isOnLink: Bool { scope.map { $0 >= 253 } ?? false }
}
