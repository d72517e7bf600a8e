import AttachmentStore
import CNIProtocol
import HostIPAM
import LinuxSystem
import NetworkTypes
import RouteNetlink

extension Host {
    /// How often a race with another plugin for the bridge is run again.
    private static let bridgeAttempts = 8

    /// Makes the bridge if it is missing, and gives it what the plan wants of it.
    ///
    /// - Returns: the bridge, and whether this call made it.
    mutating func ensureBridge(_ plan: AddPlan) throws(CNIError) -> (link: Link, isNew: Bool) {
        var isNew = false
        for _ in 0..<Self.bridgeAttempts {
            if let link = try kernel({ () throws(NetlinkError) in try socket.link(named: plan.bridge.name) }) {
                do throws(CNIError) {
                    try completeBridge(link, plan)
                } catch {
                    if isNew { try? removeUnusedBridge(link) }
                    throw error
                }
                return (link, isNew)
            }
            do throws(NetlinkError) {
                try socket.execute(.createBridge(plan.bridge))
                isNew = true
                // The node routes; it takes no routes from the pods.
                try? Sysctl.set("net/ipv6/conf/\(plan.bridge.name)/accept_ra", to: "0")
            } catch {
                guard error.errno == .exists else { throw CNIError(error) }
            }
        }
        throw CNIError(
            .tryAgainLater, "the bridge \(plan.bridge.name) comes and goes", details: "another program deletes it")
    }

    /// - Throws: code 7 for a link that is no bridge.
    func requireBridge(_ link: Link) throws(CNIError) {
        guard link.kind != "bridge" else { return }
        let kind = link.kind.isEmpty ? "a device of its own" : "a \(link.kind)"
        throw CNIError(
            .invalidConfiguration, "invalid bridge \"\(link.name)\": a link of that name exists and is no bridge",
            details: "it is \(kind): choose another name in the key bridge, or remove the link")
    }

    private mutating func completeBridge(_ link: Link, _ plan: AddPlan) throws(CNIError) {
        try requireBridge(link)
        if !link.isUp || (plan.bridge.options.map { $0 != link.bridge } ?? false) {
            let change = LinkChange(isUp: true, bridge: plan.bridge.options)
            try kernel { () throws(NetlinkError) in try socket.execute(.changeLink(.index(link.index), change)) }
        }
        let present = try kernel { () throws(NetlinkError) in try socket.addresses(ofLink: link.index) }
        let own = Set(present.map(\.address.address))
        if let assignment = plan.assignments.first(where: { own.contains($0.address.address) }) {
            let address = assignment.address.address
            throw CNIError(
                .invalidConfiguration,
                "address \(address) is in ipam.ranges, but bridge \"\(link.name)\" itself has it",
                details: "name \(address) in ipam.exclude, or take it off the bridge")
        }
        let wanted = plan.gatewayAddresses
        guard !wanted.isEmpty else { return }
        if wanted.contains(where: { $0.family == .ipv6 }) { try enableIPv6(link.name) }
        for address in wanted where !present.contains(where: { $0.address == address }) {
            do throws(NetlinkError) {
                try socket.execute(.addAddress(LinkAddress(link: link.index, address: address)))
            } catch {
                guard error.errno == .exists else { throw CNIError(error) }
            }
        }
        for name in plan.forwardingSwitches {
            do throws(SystemError) {
                try Sysctl.set(name, to: "1")
            } catch {
                throw CNIError(.kernel, "cannot turn forwarding on", details: "\(error)")
            }
        }
    }

    /// Turns IPv6 on for the bridge where the node has it off by default.
    private func enableIPv6(_ bridge: String) throws(CNIError) {
        do throws(SystemError) {
            try Sysctl.set("net/ipv6/conf/\(bridge)/disable_ipv6", to: "0")
        } catch {
            throw CNIError(
                .kernel, "cannot turn IPv6 on for bridge \(bridge)",
                details: "\(error): an IPv6 range needs a kernel with IPv6 turned on")
        }
    }

    /// Waits for the lock between joining and removing bridges, held as long as this host or until the next call.
    mutating func lockBridges(_ kind: FileLock.Kind) throws(CNIError) {
        // First let go of a lock of the other kind: a second descriptor would wait for it.
        bridgeLock = nil
        do throws(SystemError) {
            bridgeLock = try BridgeLock.take(kind)
        } catch {
            throw CNIError(
                .inputOutput, "cannot lock the node's bridges",
                details: "\(error): \(AttachmentStore.standardFolder) must be writable for root")
        }
    }

    /// Takes back a bridge that a failed ADD has made, unless a pod is on it already.
    mutating func removeUnusedBridge(_ bridge: Link) throws(CNIError) {
        try lockBridges(.exclusive)
        try kernel { () throws(NetlinkError) in
            if try socket.links().contains(where: { $0.master == bridge.index }) { return }
            do throws(NetlinkError) {
                try socket.execute(.deleteLink(.index(bridge.index)))
            } catch {
                guard error.errno == .noDevice else { throw error }
            }
        }
    }
}
