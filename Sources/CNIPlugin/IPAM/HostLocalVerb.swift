import CNIProtocol
import HostIPAM
import LinuxSystem
import NetworkTypes

/// The binary as the address plugin `host-local`: leases for whatever plugin executes it.
///
/// GC and STATUS are real, where upstream's succeed without doing anything.
enum HostLocal {
    static func run(_ network: NetworkConfiguration, _ environment: PluginEnvironment) throws(CNIError) -> AddResult? {
        let directory = LeaseDirectory(
            dataDirectory: IPAMConfiguration.dataDirectory(network.root), network: network.name)
        let attachment = Attachment(
            containerID: environment.containerID, interfaceName: environment.interfaceName)
        switch environment.command {
        case .add: return try add(try configuration(network, environment), directory, attachment)
        case .del: try directory.release(allOf: attachment)
        case .check: try check(directory, attachment)
        case .gc:
            let valid = ValidAttachments(try network.validAttachments())
            try directory.release { !valid.covers($0) }
        case .status:
            let ipam = try configuration(network, environment)
            try directory.requireWritable()
            try directory.requireFree(ipam)
        case .version: break
        }
        return nil
    }

    private static func configuration(_ network: NetworkConfiguration, _ environment: PluginEnvironment)
        throws(CNIError) -> IPAMConfiguration
    {
        guard network.root.value("ipam") != nil else {
            throw CNIError(
                .invalidConfiguration, "IPAM config missing 'ipam' key", details: "host-local has its ranges there")
        }
        return try IPAMConfiguration(network.root, arguments: environment.arguments)
    }

    private static func add(_ ipam: IPAMConfiguration, _ directory: LeaseDirectory, _ attachment: Attachment)
        throws(CNIError) -> AddResult
    {
        // Before the lease: a file that cannot be read must leave nothing behind.
        let dns = try ipam.resolvConf.map { path throws(CNIError) in try PodAddresses.dns(resolvConf: path) }
        let leases = try directory.allocate(ipam, for: attachment)
        return AddResult(
            addresses: leases.map { AddResult.Address(address: $0.address, gateway: $0.gateway) }, routes: ipam.routes,
            dns: dns ?? DNSConfiguration())
    }

    /// Whether any lease is this attachment's, whichever address that is.
    private static func check(_ directory: LeaseDirectory, _ attachment: Attachment) throws(CNIError) {
        guard try directory.addresses(of: attachment).isEmpty else { return }
        throw CNIError(
            .drifted, "host-local: Failed to find address added by container \(attachment.containerID)",
            details: "no file in \(directory.path) names it")
    }
}
