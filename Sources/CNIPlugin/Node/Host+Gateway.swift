import AttachPlan
import CNIProtocol
import HostIPAM
import LinuxSystem
import NetworkTypes
import RouteNetlink

extension Host {
    /// Gives the gateway link its addresses, and makes the node forward.
    ///
    /// - Throws: code 7 when the link has a pod's address, or one that stands in the way of a gateway's.
    mutating func ensureGateway(_ plan: AddPlan, bridge: Link) throws(CNIError) {
        guard !plan.assignments.isEmpty else { return }
        let wanted = plan.gatewayAddresses
        let link = wanted.isEmpty ? bridge : try gatewayLink(plan, bridge: bridge)
        if link.index != bridge.index { refuseRouterAdvertisements(on: link.name) }
        let present = try kernel { () throws(NetlinkError) in try socket.addresses(ofLink: link.index) }
            .map(\.address)
        let own = Set(present.map(\.address))
        if let assignment = plan.assignments.first(where: { own.contains($0.address.address) }) {
            let address = assignment.address.address
            throw CNIError(
                .invalidConfiguration,
                "address \(address) is in ipam.ranges, but bridge \"\(link.name)\" itself has it",
                details: "name \(address) in ipam.exclude, or take it off the bridge")
        }
        // A bridge follows its smallest port, and IPv6 goes from one whose MTU is too small for it.
        if let mtu = plan.configuration.mtu, mtu < PluginConfiguration.leastMTUOfIPv6,
            let address = present.first(where: { $0.family == .ipv6 && !$0.address.isLinkLocal })
        {
            throw CNIError(
                .invalidConfiguration, "invalid mtu: \(mtu) would take IPv6 from bridge \"\(link.name)\"",
                details: "it has \(address), for which the mtu must be at least \(PluginConfiguration.leastMTUOfIPv6)")
        }
        guard !wanted.isEmpty else { return }
        try assign(
            try GatewayAddresses(plan.configuration, wanted: wanted, present: present, link: link.name), to: link)
        for name in plan.forwardingSwitches {
            try system(.forward) { () throws(SystemError) in try Sysctl.set(name, to: "1") }
        }
    }

    private mutating func assign(_ addresses: GatewayAddresses, to link: Link) throws(CNIError) {
        guard !addresses.isEmpty else { return }
        // An address of the family that is there already shows that it is on.
        if addresses.added.contains(where: { $0.family == .ipv6 }) {
            // The node may have it off by default.
            try system(.enableIPv6(link.name)) { () throws(SystemError) in
                try Sysctl.set("net/ipv6/conf/\(link.name)/disable_ipv6", to: "0")
            }
        }
        let requests: [RouteRequest] =
            addresses.removed.map { .deleteAddress(LinkAddress(link: link.index, address: $0)) }
            + addresses.added.map { .addAddress(LinkAddress(link: link.index, address: $0)) }
            // Once set, a bridge's MAC address no longer follows its ports; pods remember their gateway's.
            + [.changeLink(.index(link.index), LinkChange(mac: link.mac))]
        let outcomes = try kernel { () throws(NetlinkError) in try socket.execute(requests) }
        for (number, outcome) in outcomes.enumerated() {
            guard let failure = outcome else { continue }
            // Another ADD may have done the same in between.
            let isDone: Errno = number < addresses.removed.count ? .noAddress : .exists
            guard failure.errno == isDone else { throw CNIError(failure) }
        }
    }

    /// The VLAN's own gateway link for ADD's result; nil where the bridge is the gateway, or there is none.
    mutating func gateway(_ plan: AddPlan) throws(CNIError) -> Link? {
        guard plan.configuration.gatewayLink != plan.configuration.bridge, !plan.gatewayAddresses.isEmpty else {
            return nil
        }
        return try kernel { () throws(NetlinkError) in try socket.link(named: plan.configuration.gatewayLink) }
    }

    /// The bridge, or the veth that stands for it in the pods' VLAN, made if need be.
    private mutating func gatewayLink(_ plan: AddPlan, bridge: Link) throws(CNIError) -> Link {
        guard plan.configuration.vlan.access != nil else { return bridge }
        let name = plan.configuration.gatewayLink
        if let link = try kernel({ () throws(NetlinkError) in try socket.link(named: name) }) {
            try requireGateway(link, of: bridge)
            return link
        }
        let requests = plan.gatewayLinkRequests(bridge: bridge, index: Self.freeIndex())
        let (outcomes, links) = try kernel { () throws(NetlinkError) in
            try socket.execute(requests, thenLookUp: [name])
        }
        let link = links[0]
        let isAnothers = outcomes.first.flatMap(\.self)?.errno == .exists && link != nil
        if isAnothers, let link { try requireGateway(link, of: bridge) }
        if !isAnothers, let failure = outcomes.compactMap(\.self).first {
            // Nobody must find half a gateway.
            if outcomes.first.flatMap(\.self) == nil {
                try kernel { () throws(NetlinkError) in try socket.execute(.deleteLink(.name(name))) }
            }
            throw plan.configuration.vlan.explained(failure)
        }
        guard let link else { throw CNIError(.kernel, "the gateway \(name) vanished") }
        return link
    }

    /// - Throws: code 7 for a link that does not lead to the bridge: neither a veth to one of its ports nor a VLAN on it.
    private mutating func requireGateway(_ link: Link, of bridge: Link) throws(CNIError) {
        if link.kind == "vlan", link.peer == bridge.index { return }
        if link.kind == "veth", let peer = link.peer,
            try kernel({ () throws(NetlinkError) in try socket.link(at: peer) })?.master == bridge.index
        {
            return
        }
        throw CNIError(
            .invalidConfiguration,
            "invalid gateway \"\(link.name)\": a link of that name exists and does not lead to bridge \"\(bridge.name)\"",
            details: "it is a \(link.kind.isEmpty ? "device of its own" : link.kind): remove or rename it")
    }
}
