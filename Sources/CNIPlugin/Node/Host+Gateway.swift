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
        if link.index != bridge.index {
            refuseRouterAdvertisements(on: link.name)
            if wanted.contains(where: { $0.family == .ipv4 }) { try relaxReversePath(of: bridge) }
        }
        let standing = try kernel { () throws(NetlinkError) in try socket.addresses(ofLink: link.index) }
        let present = standing.map(\.address)
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
        let addresses = try GatewayAddresses(plan.configuration, wanted: wanted, present: present, link: link.name)
        try assign(addresses, linkLocal: plan.hasIPv6 ? link.missingLinkLocal(in: standing) : nil, to: link, of: bridge)
        for name in plan.forwardingSwitches {
            try system(.forward) { () throws(SystemError) in try Sysctl.set(name, to: "1") }
        }
    }

    /// - Parameter linkLocal: the link's own address, which it has not got or cannot use yet.
    private mutating func assign(
        _ addresses: GatewayAddresses, linkLocal: LinkAddress?, to link: Link, of bridge: Link
    ) throws(CNIError) {
        guard !addresses.isEmpty || linkLocal != nil else { return }
        // An address of the family that is there already shows that it is on.
        if addresses.added.contains(where: { $0.family == .ipv6 }) {
            // The node may have it off by default.
            try system(.enableIPv6(link.name)) { () throws(SystemError) in
                try Sysctl.set("net/ipv6/conf/\(link.name)/disable_ipv6", to: "0")
            }
        }
        let own = linkLocal.map { [$0] } ?? []
        let removed = addresses.removed.map { LinkAddress(link: link.index, address: $0) } + own
        let added = addresses.added.map { LinkAddress(link: link.index, address: $0) } + own
        let requests: [RouteRequest] =
            removed.map { .deleteAddress($0) } + added.map { .addAddress($0) }
            // Once set, a bridge's MAC address no longer follows its ports; pods remember their gateway's.
            + [.changeLink(.index(bridge.index), LinkChange(mac: bridge.mac))]
        let outcomes = try kernel { () throws(NetlinkError) in try socket.execute(requests) }
        for (number, outcome) in outcomes.enumerated() {
            guard let failure = outcome else { continue }
            // Another ADD may have done the same in between, and the kernel may have had no such address yet.
            let isDone: Errno = number < removed.count ? .noAddress : .exists
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
}

extension Link {
    /// The link-local address that the kernel would give this link, to be added as usable at once; nil where it has one that is.
    ///
    /// The kernel's own comes with the first port and is tentative for one to two seconds (RFC 4862), and so long the node
    /// asks nobody for the neighbour of what it forwards: a solicitation's source is that address.
    fileprivate func missingLinkLocal(in present: [LinkAddress]) -> LinkAddress? {
        guard !present.contains(where: { $0.address.family == .ipv6 && $0.address.address.isLinkLocal && $0.isUsable }),
            let mac, let address = CIDR(.v6(IPv6Address(linkLocalOf: mac)), prefixLength: 64)
        else { return nil }
        return LinkAddress(link: index, address: address)
    }
}
