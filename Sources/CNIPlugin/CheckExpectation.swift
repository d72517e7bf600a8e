package import CNIProtocol
package import NetworkTypes
package import RouteNetlink

/// The node's side of an attachment as the kernel has it.
package struct ObservedHost: Sendable {
    package var bridge: Link?
    package var bridgeAddresses: [CIDR] = []
    package var link: Link?

    package init(bridge: Link? = nil, bridgeAddresses: [CIDR] = [], link: Link? = nil) {
        self.bridge = bridge
        self.bridgeAddresses = bridgeAddresses
        self.link = link
    }
}

/// The pod's side of an attachment as the kernel has it.
package struct ObservedPod: Sendable {
    package var link: Link?
    package var addresses: [CIDR] = []
    package var routes: [Route] = []

    package init(link: Link? = nil, addresses: [CIDR] = [], routes: [Route] = []) {
        self.link = link
        self.addresses = addresses
        self.routes = routes
    }
}

/// What CHECK wants to find; it names each difference in a sentence.
package struct CheckExpectation: Sendable {
    private let configuration: PluginConfiguration
    private let identity: AttachmentIdentity
    private let previous: AddResult

    package init(_ configuration: PluginConfiguration, identity: AttachmentIdentity, previous: AddResult) {
        self.configuration = configuration
        self.identity = identity
        self.previous = previous
    }

    /// The interface's addresses in ADD's result: those that name it, and those that name none.
    package var addresses: [CIDR] { entries.map(\.address) }

    private var entries: [AddResult.Address] {
        previous.addresses.filter { entry in
            guard let index = entry.interface else { return true }
            return previous.interfaces.indices.contains(index)
                && previous.interfaces[index].name == identity.attachment.interfaceName
        }
    }

    package func drift(ofHost host: ObservedHost) -> [String] {
        let name = configuration.bridge
        guard let bridge = host.bridge, bridge.kind == "bridge" else { return ["bridge \(name) is missing"] }
        var drift: [String] = []
        if !bridge.isUp { drift.append("bridge \(name) is down") }
        if configuration.requiresBridgeNetfilter,
            bridge.bridge != BridgeOptions(callsIPTables: true, callsIP6Tables: true)
        {
            drift.append("bridge \(name) has nf_call_iptables or nf_call_ip6tables off")
        }
        if configuration.isGateway {
            for entry in entries {
                guard let gateway = entry.gateway.flatMap({ CIDR($0, prefixLength: entry.address.prefixLength) }),
                    !host.bridgeAddresses.contains(gateway)
                else { continue }
                drift.append("address \(gateway) is missing on bridge \(name)")
            }
        }
        return drift + self.drift(ofLink: host.link, bridge: bridge)
    }

    private func drift(ofLink link: Link?, bridge: Link) -> [String] {
        let name = identity.hostLinkName
        guard let link, link.kind == "veth" else { return ["host link \(name) is missing"] }
        var drift: [String] = []
        if !link.isUp { drift.append("host link \(name) is down") }
        if link.alias != identity.alias { drift.append("host link \(name) has the alias \"\(link.alias)\"") }
        if link.master != bridge.index {
            return drift + ["host link \(name) has another master than bridge \(bridge.name)"]
        }
        if link.port?.hairpin != configuration.hairpin {
            drift.append("hairpin of host link \(name) is not \(configuration.hairpin ? "on" : "off")")
        }
        if link.port?.isIsolated != configuration.isPortIsolated {
            drift.append("isolation of host link \(name) is not \(configuration.isPortIsolated ? "on" : "off")")
        }
        return drift
    }

    package func drift(ofPod pod: ObservedPod) -> [String] {
        let name = identity.attachment.interfaceName
        guard let link = pod.link else { return ["interface \(name) is missing in the container"] }
        var drift: [String] = []
        if !link.isUp { drift.append("interface \(name) is down") }
        let reported = previous.interfaces.first { $0.name == name && !$0.sandbox.isEmpty }
        if let mac = reported?.mac, link.mac != mac {
            drift.append("interface \(name) has MAC address \(link.mac?.description ?? "none"), not \(mac)")
        }
        for address in addresses where !pod.addresses.contains(address) {
            drift.append("address \(address) is missing on interface \(name)")
        }
        for route in previous.routes where !isPresent(route, in: pod.routes) {
            drift.append(
                "route to \(route.destination)" + (route.gateway.map { " via \($0)" } ?? "") + " is missing")
        }
        return drift
    }

    private func isPresent(_ route: RouteConfiguration, in routes: [Route]) -> Bool {
        routes.contains { candidate in
            candidate.destination == route.destination
                && (route.gateway == nil || candidate.gateway == route.gateway)
                && candidate.table == UInt32(clamping: route.table ?? 254)
        }
    }
}
