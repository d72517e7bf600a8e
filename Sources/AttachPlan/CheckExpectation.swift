package import Attachments
package import CNIProtocol
package import NetworkTypes

/// What CHECK wants to find; it names each difference in a sentence.
///
/// What is there besides is not looked at, and what later plugins of a list change is left to them: the specification
/// makes each allow for those behind it.
package struct CheckExpectation: Sendable {
    package let configuration: PluginConfiguration
    package let attachment: Attachment
    let previous: AddResult

    package init(_ configuration: PluginConfiguration, of attachment: Attachment, previous: AddResult) {
        self.configuration = configuration
        self.attachment = attachment
        self.previous = previous
    }

    /// The node's end of a pair that another plugin made before Fairway took over, as ADD's result names it; nil for
    /// Fairway's own.
    package var foreignHostLink: String? {
        let links = previous.interfaces.filter { $0.sandbox.isEmpty }.map(\.name)
        guard !links.contains(attachment.hostLinkName) else { return nil }
        return links.first { $0 != configuration.bridge && $0 != configuration.gatewayLink }
    }

    package var hostLinkName: String { foreignHostLink ?? attachment.hostLinkName }

    /// The interface's addresses in ADD's result: those that name it, and those that name none.
    package var addresses: [CIDR] { entries.map(\.address) }

    private var entries: [AddResult.Address] {
        previous.addresses.filter { entry in
            guard let index = entry.interface else { return true }
            return previous.interfaces.indices.contains(index)
                && previous.interfaces[index].name == attachment.interfaceName
        }
    }

    package func drift(ofHost host: ObservedHost) -> [String] {
        let name = configuration.bridge
        guard let bridge = host.bridge, bridge.kind == "bridge" else { return ["bridge \(name) is missing"] }
        var drift: [String] = []
        if !bridge.isUp { drift.append("bridge \(name) is down") }
        if bridge.isPromiscuous != configuration.isPromiscuous {
            drift.append("promiscuous mode of bridge \(name) is not \(configuration.isPromiscuous ? "on" : "off")")
        }
        drift += macDrift("bridge", bridge, isInPod: false)
        if configuration.requiresBridgeNetfilter, bridge.callsNetfilter != true {
            drift.append("bridge \(name) has nf_call_iptables or nf_call_ip6tables off")
        }
        if configuration.vlan.isUsed, bridge.filtersVLANs != true {
            drift.append("bridge \(name) does not filter VLANs")
        }
        drift += host.switchesOff.map { "forwarding is off: \($0) is not 1" }
        return drift + gatewayDrift(host.gatewayAddresses) + linkDrift(host, bridge: bridge)
    }

    /// The link that has the gateways' addresses; where the bridge itself is untagged in the pods' VLAN, ADD has named no other.
    package var gatewayLink: String {
        let name = configuration.gatewayLink
        return reported(name, isInPod: false) == nil ? configuration.bridge : name
    }

    private func gatewayDrift(_ present: [CIDR]?) -> [String] {
        guard configuration.isGateway, !entries.isEmpty else { return [] }
        let kind = gatewayLink == configuration.bridge ? "bridge" : "gateway"
        guard let present else { return ["\(kind) \(gatewayLink) is missing"] }
        return entries.compactMap { entry in
            guard let gateway = entry.gateway.flatMap({ CIDR($0, prefixLength: entry.address.prefixLength) }),
                !present.contains(gateway)
            else { return nil }
            return "address \(gateway) is missing on \(kind) \(gatewayLink)"
        }
    }

    private func linkDrift(_ host: ObservedHost, bridge: ObservedLink) -> [String] {
        let name = hostLinkName
        guard let link = host.link, link.kind == "veth" else { return ["host link \(name) is missing"] }
        var drift: [String] = []
        if !link.isUp { drift.append("host link \(name) is down") }
        if foreignHostLink == nil, link.alias != attachment.alias {
            drift.append("host link \(name) has the alias \"\(link.alias)\"")
        }
        drift += macDrift("host link", link, isInPod: false) + mtuDrift("host link", link)
        drift += BandwidthLimits.drift(
            host.bytesPerSecond, from: configuration.bandwidth.ingress, of: "host link \(name)")
        if link.master != bridge.index {
            return drift + ["host link \(name) has another master than bridge \(bridge.name)"]
        }
        if link.hairpin != configuration.hairpin {
            drift.append("hairpin of host link \(name) is not \(configuration.hairpin ? "on" : "off")")
        }
        if link.isIsolated != configuration.isPortIsolated {
            drift.append("isolation of host link \(name) is not \(configuration.isPortIsolated ? "on" : "off")")
        }
        return drift
    }
}

extension CheckExpectation {
    /// The entry of a link in ADD's result.
    private func reported(_ name: String, isInPod: Bool) -> AddResult.Interface? {
        previous.interfaces.first { $0.name == name && $0.sandbox.isEmpty != isInPod }
    }

    func macDrift(_ kind: String, _ link: ObservedLink, isInPod: Bool) -> [String] {
        guard let mac = reported(link.name, isInPod: isInPod)?.mac, link.mac != mac else { return [] }
        return ["\(kind) \(link.name) has MAC address \(link.mac?.description ?? "none"), not \(mac)"]
    }

    /// Results before version 1.0.0 name no MTU: then the configuration's counts.
    private func mtuDrift(_ kind: String, _ link: ObservedLink) -> [String] {
        guard let mtu = reported(link.name, isInPod: false)?.mtu ?? configuration.mtu, link.mtu != mtu else {
            return []
        }
        return ["\(kind) \(link.name) has MTU \(link.mtu), not \(mtu)"]
    }
}
