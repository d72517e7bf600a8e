import AttachPlan
import AttachmentStore
import CNIProtocol
import HostIPAM
import LeaseStore
import LinuxSystem
import RouteNetlink

/// STATUS: whether an ADD could succeed now.
extension Fairway {
    static func status(_ execution: Execution) throws(CNIError) {
        let configuration = try execution.configuration()
        try requireBridge(configuration.bridge)
        try requireRecords()
        if let ipam = configuration.addressSource.builtIn { try requireLeases(execution, for: ipam) }
        try execution.delegate()?.run(.status)
        if configuration.requiresBridgeNetfilter, !BridgeNetfilter.isPresent {
            throw CNIError(
                .limitedConnectivity, BridgeNetfilter.complaint, details: BridgeNetfilter.cureOrConsent)
        }
    }

    /// A link of the bridge's name must be one with room for a port; none is as good, as ADD makes it.
    private static func requireBridge(_ name: String) throws(CNIError) {
        var host = try Host()
        guard let link = try kernel({ () throws(NetlinkError) in try host.socket.link(named: name) }) else { return }
        do throws(CNIError) {
            try host.requireBridge(link)
        } catch {
            throw CNIError(.notAvailable, error.message, details: error.details)
        }
        let ports = try kernel { () throws(NetlinkError) in try host.socket.links(ofBridge: link.index) }
        if ports.count >= Host.portsOfBridge { throw Host.fullBridge(name, .notAvailable) }
    }

    /// Fails with code 50 where the records of attachments cannot be written.
    private static func requireRecords() throws(CNIError) {
        let store = try system(.findRecords) { () throws(SystemError) in try AttachmentStore() }
        if let obstacle = Directory.obstacle(to: store.path) {
            throw CNIError(
                .notAvailable, "the folder of attachments' records \(store.path) is not writable",
                details: obstacle.withCure(CNIError.needOfFolder))
        }
    }

    /// Fails with code 50 where leases cannot be written, and when a range set has no free address.
    static func requireLeases(_ execution: Execution, for ipam: IPAMConfiguration) throws(CNIError) {
        let leases = execution.leases
        if let obstacle = Directory.obstacle(to: leases.path) {
            throw CNIError(
                .notAvailable, "the lease store \(leases.path) is not writable",
                details: obstacle.withCure("check ipam.dataDir and its file system"))
        }
        if let set = try system(.useLeases, { () throws(SystemError) in try leases.exhaustedSet(of: ipam) }) {
            throw CNIError(
                .notAvailable, "no IP addresses available in range set: \(set)",
                details: "delete unused pods, run GC, or give ipam.ranges a larger subnet")
        }
    }
}

extension BridgeNetfilter {
    /// What to do, for whoever writes the configuration; the plugin itself loads nothing.
    static let cureOrConsent = "\(cure); or set requireBridgeNetfilter to false"
}
