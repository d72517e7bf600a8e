import AttachPlan
import CNIProtocol
import LinuxSystem
import RouteNetlink

extension Host {
    /// How often a race with another plugin for the bridge is run again.
    private static let bridgeAttempts = 8

    /// Makes the bridge if it is missing, and gives it what the plan wants of it.
    ///
    /// - Returns: the bridge, and whether this call made it.
    mutating func ensureBridge(_ plan: AddPlan) throws(CNIError) -> (link: Link, isNew: Bool) {
        var isNew = false
        do throws(CNIError) {
            return (try ensureBridge(plan, &isNew), isNew)
        } catch {
            // It may also be there where the kernel's answer was lost; its MAC address tells it from anybody else's.
            if isNew, let link = try? socket.link(named: plan.configuration.bridge), link.mac == plan.bridgeMAC {
                try? removeUnusedBridge(link)
            }
            throw error
        }
    }

    private mutating func ensureBridge(_ plan: AddPlan, _ isNew: inout Bool) throws(CNIError) -> Link {
        for _ in 0..<Self.bridgeAttempts {
            if let link = try kernel({ () throws(NetlinkError) in try socket.link(named: plan.configuration.bridge) }) {
                return try completeBridge(link, plan)
            }
            do throws(NetlinkError) {
                isNew = true
                try socket.execute(.createLink(plan.bridge))
            } catch {
                guard error.errno == .exists else { throw plan.configuration.vlan.explained(error) }
                isNew = false
            }
        }
        throw CNIError(
            .tryAgainLater, "the bridge \(plan.configuration.bridge) comes and goes",
            details: "another program deletes it")
    }

    /// - Throws: code 7 for a link that is no bridge.
    func requireBridge(_ link: Link) throws(CNIError) {
        guard link.kind != "bridge" else { return }
        let kind = link.kind.isEmpty ? "a device of its own" : "a \(link.kind)"
        throw CNIError(
            .invalidConfiguration, "invalid bridge \"\(link.name)\": a link of that name exists and is no bridge",
            details: "it is \(kind): choose another name in the key bridge, or remove the link")
    }

    /// How many ports Linux allows a bridge (`BR_MAX_PORTS`, of which number 0 is none).
    static let portsOfBridge = 1023

    /// The error for a bridge that takes no more ports.
    static func fullBridge(_ name: String, _ code: CNIError.Code) -> CNIError {
        CNIError(
            code, "bridge \(name) is full: it has \(portsOfBridge) ports, the most that Linux allows",
            details: "remove unused pods, run GC, or give the network another bridge")
    }

    /// - Returns: the bridge as it is then.
    private mutating func completeBridge(_ bridge: Link, _ plan: AddPlan) throws(CNIError) -> Link {
        var link = bridge
        try requireBridge(link)
        if let change = plan.bridgeChange(link) {
            do throws(NetlinkError) {
                try socket.execute(.changeLink(.index(link.index), change))
            } catch {
                throw plan.configuration.vlan.explained(error)
            }
            link.mac = change.mac ?? link.mac
        }
        refuseRouterAdvertisements(on: link.name)
        try ensureGateway(plan, bridge: link)
        return link
    }

    /// The node routes: it takes no addresses and no routes from pods, whatever its own default is (CVE-2020-10749's kind).
    ///
    /// Read first, because writing takes the kernel's lock over all links; nothing is said of a kernel without IPv6.
    func refuseRouterAdvertisements(on link: String) {
        let path = "net/ipv6/conf/\(link)/accept_ra"
        guard Sysctl.exists(path) else { return }
        do throws(SystemError) {
            try Sysctl.set(path, to: "0")
        } catch {
            try? StandardStream.error.write(
                "fairway: \(link) takes router advertisements of pods (\(error)): set net.ipv6.conf.default.accept_ra to 0\n"
            )
        }
    }

    /// Waits for the lock between joining and removing bridges, held as long as this host or until the next call.
    mutating func lockBridges(_ kind: FileLock.Kind) throws(CNIError) {
        // First let go of a lock of the other kind: a second descriptor would wait for it.
        bridgeLock = nil
        bridgeLock = try system(.lockBridges) { () throws(SystemError) in try BridgeLock.take(kind) }
    }

    /// Takes back a bridge that a failed ADD has made, with its VLAN's gateway, unless a pod is on it already.
    mutating func removeUnusedBridge(_ bridge: Link) throws(CNIError) {
        try lockBridges(.exclusive)
        try kernel { () throws(NetlinkError) in
            guard try socket.links(ofBridge: bridge.index).isEmpty else { return }
            do throws(NetlinkError) {
                // The VLAN devices on it go too.
                try socket.execute(.deleteLink(.index(bridge.index)))
            } catch {
                guard error.errno == .noDevice else { throw error }
            }
        }
    }
}
