import AttachPlan
import CNIProtocol
import LinuxSystem
import NetworkTypes
import RouteNetlink

/// The gateway of pods in a VLAN: a VLAN device on their bridge.
///
/// Host ports, Services and masquerade begin where the bridge's frames pass conntrack, at the bridge itself, so what pods
/// send elsewhere has to reach the node through the bridge. It has the bridge's own MAC address: of a frame to any other
/// one the kernel confirms the connection before postrouting could masquerade it (`br_nf_local_in`). Earlier releases and
/// upstream's plugin make a veth beside the bridge instead; that one gives way.
extension Host {
    /// How often a race with another execution for the gateway is run again.
    private static let gatewayAttempts = 8

    /// The link that has the gateways' addresses, made if need be: the bridge, or the pods' VLAN on it.
    mutating func gatewayLink(_ plan: AddPlan, bridge: Link) throws(CNIError) -> Link {
        guard let vlan = plan.vlan else { return bridge }
        let own = try ownVLAN(vlan, plan, bridge: bridge)
        let name = plan.configuration.gatewayLink
        for _ in 0..<Self.gatewayAttempts {
            let old = try kernel { () throws(NetlinkError) in try socket.link(named: name) }
            if let link = old {
                if link.isDevice(of: vlan, on: bridge) { return try complete(link, plan, own: own, bridge: bridge) }
                try requireVeth(link, to: bridge)
            }
            // The bridge's own untagged frames are its own, whatever VLAN device there is.
            if own?.isUntagged == true {
                guard let old else { return bridge }
                return try replace(old, by: bridge, plan, bridge: bridge) ?? bridge
            }
            if let draft = try makeDraft(plan, vlan, own: own, bridge: bridge),
                let link = try replace(old, by: draft, plan, bridge: bridge)
            {
                return link
            }
        }
        throw CNIError(.tryAgainLater, "the gateway \(name) comes and goes", details: "another program deletes it")
    }

    /// What the bridge itself receives of the VLAN; nil for nothing.
    private mutating func ownVLAN(_ vlan: UInt16, _ plan: AddPlan, bridge: Link) throws(CNIError) -> PortVLANs.Entry? {
        do throws(NetlinkError) {
            return try socket.vlans(ofLink: bridge.index).first { $0.range.contains(vlan) }
        } catch {
            throw plan.configuration.vlan.explained(error)
        }
    }

    /// Gives a gateway that is there what somebody has taken from it.
    private mutating func complete(
        _ link: Link, _ plan: AddPlan, own: PortVLANs.Entry?, bridge: Link
    ) throws(CNIError) -> Link {
        let requests = plan.gatewayRepairs(of: link, isCarried: own != nil, bridge: bridge)
        guard !requests.isEmpty else { return link }
        let (outcomes, links) = try kernel { () throws(NetlinkError) in
            try socket.execute(requests, thenLookUp: [link.name])
        }
        if let failure = outcomes.compactMap(\.self).first { throw plan.configuration.vlan.explained(failure) }
        return links[0] ?? link
    }

    /// Makes the VLAN device under a name of its own, down: whether the kernel can is known before an old gateway goes.
    ///
    /// One that is there is that of an execution which was killed, or is at work.
    ///
    /// - Returns: nil when another execution has made the gateway meanwhile.
    private mutating func makeDraft(
        _ plan: AddPlan, _ vlan: UInt16, own: PortVLANs.Entry?, bridge: Link
    ) throws(CNIError) -> Link? {
        let draft = plan.gatewayDraft(of: vlan, bridge: bridge)
        var requests: [RouteRequest] = [.createLink(draft)]
        if own == nil { requests.append(plan.carry(vlan, bridge: bridge)) }
        let (outcomes, links) = try kernel { () throws(NetlinkError) in
            try socket.execute(requests, thenLookUp: [draft.name])
        }
        if let refusal = outcomes[0] {
            guard refusal.errno == .exists else {
                throw plan.configuration.vlan.explained(refusal, needing: .devices)
            }
            if links[0] == nil { try refuseOtherDevice(of: vlan, plan, bridge: bridge) }
        }
        if let failure = outcomes.dropFirst().compactMap(\.self).first {
            if let link = links[0] { try? socket.execute(.deleteLink(.index(link.index))) }
            throw plan.configuration.vlan.explained(failure)
        }
        return links[0]
    }

    /// Puts a link in the place of a gateway's veth, whose addresses move over and are announced from there.
    ///
    /// - Returns: nil when another execution was faster.
    private mutating func replace(
        _ old: Link?, by link: Link, _ plan: AddPlan, bridge: Link
    ) throws(CNIError) -> Link? {
        let moved = try addresses(ofGateway: old)
        refuseRouterAdvertisements(on: link.name)
        if !moved.isEmpty { try prepareAnnouncing(moved, on: link.name) }
        let requests = plan.gatewayRequests(link, inPlaceOf: old, moved: moved, bridge: bridge)
        let (outcomes, links) = try kernel { () throws(NetlinkError) in
            try socket.execute(
                requests, thenLookUp: [link.index == bridge.index ? bridge.name : plan.configuration.gatewayLink])
        }
        for (request, outcome) in zip(requests, outcomes) {
            guard let failure = outcome else { continue }
            switch request {
            case .deleteLink where failure.errno == .noDevice: break
            case .addAddress where failure.errno == .exists: break
            // Another execution has given the device its name, by now or already.
            case .changeLink where [.exists, .busy, .noDevice].contains(failure.errno): return nil
            default: throw CNIError(failure)
            }
        }
        return links[0]
    }

    /// The addresses that an old gateway's successor has to have; none of one that has just gone.
    private mutating func addresses(ofGateway old: Link?) throws(CNIError) -> [CIDR] {
        guard let old else { return [] }
        do throws(NetlinkError) {
            return try socket.addresses(ofLink: old.index).map(\.address).filter {
                !($0.family == .ipv6 && $0.address.isLinkLocal)
            }
        } catch {
            guard error.errno == .noDevice else { throw CNIError(error) }
            return []
        }
    }

    /// Pods remember the MAC address of their gateway: they are told of the new one when it is set, by ARP and by
    /// neighbour advertisements, whose switches are off by default.
    private func prepareAnnouncing(_ addresses: [CIDR], on link: String) throws(CNIError) {
        let hasIPv6 = addresses.contains { $0.family == .ipv6 }
        var switches = announcingSwitches(of: link, withIPv6: hasIPv6)
        if hasIPv6 { switches.append(("net/ipv6/conf/\(link)/disable_ipv6", "0")) }
        try system(.announce(link)) { () throws(SystemError) in
            for (path, value) in switches {
                do throws(SystemError) {
                    try Sysctl.set(path, to: value)
                } catch {
                    // Another execution has given the device its name meanwhile.
                    guard error.errno == .notFound else { throw error }
                }
            }
        }
    }

    /// - Throws: code 7 for a link that does not lead to the bridge.
    private mutating func requireVeth(_ link: Link, to bridge: Link) throws(CNIError) {
        if link.kind == "veth", let peer = link.peer,
            try kernel({ () throws(NetlinkError) in try socket.link(at: peer) })?.master == bridge.index
        {
            return
        }
        let kind = link.kind.isEmpty ? "a device of its own" : "a \(link.kind)"
        throw CNIError(
            .invalidConfiguration,
            "invalid gateway \"\(link.name)\": a link of that name exists and is not that VLAN of bridge \"\(bridge.name)\"",
            details: "it is \(kind): remove or rename it")
    }

    /// - Throws: code 7 when the bridge's VLAN has a device of another name: the kernel allows one.
    private mutating func refuseOtherDevice(of vlan: UInt16, _ plan: AddPlan, bridge: Link) throws(CNIError) {
        let links = try kernel { () throws(NetlinkError) in try socket.links() }
        let name = plan.configuration.gatewayLink
        guard let other = links.first(where: { $0.isDevice(of: vlan, on: bridge) }), other.name != name else { return }
        throw CNIError(
            .invalidConfiguration,
            "invalid vlan: VLAN \(vlan) of bridge \"\(bridge.name)\" has the link \"\(other.name)\" already",
            details: "the pods' gateway is to be \(name): rename that link, or remove it")
    }
}

extension Link {
    fileprivate func isDevice(of vlan: UInt16, on bridge: Link) -> Bool {
        peer == bridge.index && details == .vlan(vlan)
    }
}
