import AttachPlan
import AttachmentStore
import Attachments
import CNIProtocol
import LeaseStore
import LinuxSystem
import NetworkTypes

/// CHECK: whether what ADD made is still as it was made.
///
/// Only what this plugin made is looked at: later plugins of a list may add to it.
extension Fairway {
    static func check(_ execution: Execution) throws(CNIError) {
        let configuration = try execution.configuration()
        guard let previous = try execution.network.previousResult() else {
            throw CNIError(.invalidConfiguration, "missing prevResult", details: "CHECK compares with ADD's result")
        }
        let attachment = execution.attachment
        var host = try Host()
        var pod = try Pod(execution.environment, host: host)
        let expectation = CheckExpectation(configuration, of: attachment, previous: previous)
        let observed = try host.observe(expectation)
        var drift = expectation.drift(ofHost: observed)
        drift += expectation.drift(ofPod: try pod.observe(attachment.interfaceName), hostLink: observed.link)
        // The bridge's own switches say nothing of whether there is anything that they switch.
        if configuration.requiresBridgeNetfilter, !BridgeNetfilter.isPresent {
            drift.append("\(BridgeNetfilter.complaint); \(BridgeNetfilter.cureOrConsent)")
        }
        for address in expectation.addresses
        where configuration.addressSource.builtIn != nil
            && !execution.leases.isHeld(address.address, by: attachment)
        {
            drift.append("lease \(address.address) is not held by this container in \(execution.leases.path)")
        }
        try execution.delegate()?.run(.check)
        let attachments = try NodeAttachments()
        // What another plugin made it has masqueraded and guarded as well, in tables of its own.
        if expectation.foreignHostLink == nil, try attachments.record(of: execution.key) == nil,
            configuration.wantsTables
        {
            drift.append(
                "the record of its host ports, masquerading and MAC guard is missing in \(attachments.store.path)")
        }
        drift += try attachments.drift(of: execution.key)
        if configuration.servesLoopbackHostPorts, !configuration.hostPorts.isEmpty {
            drift += LoopbackRouting.drift(of: Set([configuration.bridge, expectation.gatewayLink]).sorted())
        }
        if !drift.isEmpty {
            throw CNIError(
                drift, "interface \(attachment.interfaceName) of container \(attachment.containerID) has drifted")
        }
    }
}
