import AttachmentStore
import Attachments
import CNIProtocol
import HostIPAM
import LinuxSystem
import NetworkTypes
import RouteNetlink

/// CHECK: whether what ADD made is still as it was made.
///
/// Only what this plugin made is looked at: later plugins of a list may add to it.
enum CheckVerb {
    static func run(
        _ network: NetworkConfiguration, _ environment: PluginEnvironment, _ personality: Personality
    ) throws(CNIError) {
        let configuration = try PluginConfiguration(network, personality, arguments: environment.arguments)
        guard let previous = try network.previousResult() else {
            throw CNIError(.invalidConfiguration, "missing prevResult", details: "CHECK compares with ADD's result")
        }
        var host = try Host()
        var pod = try Pod(environment, host: host)
        let identity = AttachmentIdentity(network, environment)
        let expectation = CheckExpectation(configuration, identity: identity, previous: previous)
        let observed = try host.observe(expectation)
        var drift = expectation.drift(ofHost: observed)
        drift += expectation.drift(ofPod: try pod.observe(environment.interfaceName), hostLink: observed.link)
        let directory = LeaseDirectory(
            dataDirectory: IPAMConfiguration.dataDirectory(network.root), network: network.name)
        for address in expectation.addresses
        where configuration.addressSource.builtIn != nil
            && directory.holder(of: address.address)?.belongs(to: identity.attachment) != true
        {
            drift.append("lease \(address.address) is not held by this container in \(directory.path)")
        }
        try Delegate.named(in: network)?.run(.check)
        let rules = try NodeRules()
        let record = try rules.record(of: identity.key())
        if configuration.wantsRules, record == nil {
            drift.append("the record of its host ports, masquerading and MAC guard is missing in \(rules.store.path)")
        }
        drift += try rules.drift(of: identity.key())
        if configuration.servesLoopbackHostPorts, !configuration.portMappings.isEmpty {
            drift += LoopbackRouting.drift(of: [configuration.bridge])
        }
        guard drift.isEmpty else {
            throw CNIError(
                .drifted, "interface \(environment.interfaceName) of container \(environment.containerID) has drifted",
                details: drift.joined(separator: "; "))
        }
    }
}
