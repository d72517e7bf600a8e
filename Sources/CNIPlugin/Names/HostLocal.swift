import Attachments
import CNIProtocol
import HostIPAM
import LeaseStore
import LinuxSystem

/// The binary as the address plugin `host-local`: leases for whatever plugin executes it.
///
/// GC and STATUS are real, where upstream's succeed without doing anything.
enum HostLocal: NamedPlugin {
    static func add(_ execution: Execution) throws(CNIError) -> AddResult {
        let allocation = try PodAddresses.lease(try configuration(execution), execution)
        return AddResult(
            addresses: allocation.assignments.map { AddResult.Address(address: $0.address, gateway: $0.gateway) },
            routes: allocation.routes, dns: allocation.dns)
    }

    static func del(_ execution: Execution) throws(CNIError) {
        try system(.useLeases) { () throws(SystemError) in
            try execution.leases.release(allOf: execution.attachment)
        }
    }

    /// Whether any lease is this attachment's, whichever address that is.
    static func check(_ execution: Execution) throws(CNIError) {
        let (leases, attachment) = (execution.leases, execution.attachment)
        guard try !system(.useLeases, { () throws(SystemError) in try leases.hasAny(of: attachment) }) else { return }
        throw CNIError(
            .drifted, "host-local: Failed to find address added by container \(attachment.containerID)",
            details: "no file in \(leases.path) names it")
    }

    static func gc(_ execution: Execution) throws(CNIError) {
        let valid = ValidAttachments(try execution.network.validAttachments())
        try system(.useLeases) { () throws(SystemError) in try execution.leases.release { !valid.covers($0) } }
    }

    static func status(_ execution: Execution) throws(CNIError) {
        try Fairway.requireLeases(execution, for: try configuration(execution))
    }

    private static func configuration(_ execution: Execution) throws(CNIError) -> IPAMConfiguration {
        let root = execution.network.root
        guard root.value("ipam") != nil else {
            throw CNIError(
                .invalidConfiguration, "IPAM config missing 'ipam' key", details: "host-local has its ranges there")
        }
        return try IPAMConfiguration(root, arguments: try execution.environment.arguments())
    }
}
