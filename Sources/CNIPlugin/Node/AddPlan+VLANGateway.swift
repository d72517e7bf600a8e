package import AttachPlan
package import NetworkTypes
package import RouteNetlink

/// The requests for the gateway of pods in a VLAN.
extension AddPlan {
    /// The pods' VLAN; nil for none.
    var vlan: UInt16? { configuration.vlan.access.map { UInt16(clamping: $0) } }

    /// The device, under a name of its own and down until all that it needs is there.
    ///
    /// Without a MAC address it has the bridge's, and follows it.
    package func gatewayDraft(of vlan: UInt16, bridge: Link) -> LinkSpecification {
        LinkSpecification(
            name: configuration.gatewayDraft, kind: .vlan(vlan), lower: bridge.index, isUp: false)
    }

    /// Lets the bridge itself have the VLAN's frames, with their tag, so that its device gets them.
    package func carry(_ vlan: UInt16, bridge: Link) -> RouteRequest {
        .addVLANs(PortVLANs(link: bridge.index, [PortVLANs.Entry(vlan...vlan)], isBridgeItself: true))
    }

    /// The batch that puts a link in the place of a gateway's veth, or of nothing.
    ///
    /// The new device gets its name while it is down, because older kernels rename no other. Setting its MAC address, even
    /// to what it is, announces its addresses.
    package func gatewayRequests(
        _ link: Link, inPlaceOf old: Link?, moved: [CIDR], bridge: Link
    ) -> [RouteRequest] {
        var requests: [RouteRequest] = []
        if let old {
            // A bridge that loses its last port loses its MAC address, unless that has been set.
            requests.append(.changeLink(.index(bridge.index), LinkChange(mac: bridge.mac)))
            requests.append(.deleteLink(.index(old.index)))
        }
        if link.index != bridge.index {
            requests.append(.changeLink(.index(link.index), LinkChange(name: configuration.gatewayLink, isUp: true)))
        }
        requests += moved.map { .addAddress(LinkAddress(link: link.index, address: $0)) }
        if !moved.isEmpty { requests.append(.changeLink(.index(link.index), LinkChange(mac: bridge.mac))) }
        return requests
    }

    /// What a gateway that is there lacks.
    package func gatewayRepairs(of link: Link, isCarried: Bool, bridge: Link) -> [RouteRequest] {
        var requests: [RouteRequest] = []
        if let vlan, !isCarried { requests.append(carry(vlan, bridge: bridge)) }
        if !link.isUp || link.mac != bridge.mac {
            requests.append(
                .changeLink(
                    .index(link.index), LinkChange(isUp: true, mac: link.mac == bridge.mac ? nil : bridge.mac)))
        }
        return requests
    }
}
