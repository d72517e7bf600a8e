import AttachmentStore
import Attachments
import CNIProtocol
import LinuxSystem
import NetworkTypes
import PodTables

/// The binary as the `portmap` plugin: host ports for an interface that a plugin before it in the list has made.
///
/// What Fairway itself maps already for the attachment is left out, so that a list which names both maps nothing twice.
enum PortmapVerbs {
    static func run(_ network: NetworkConfiguration, _ environment: PluginEnvironment) throws(CNIError) -> AddResult? {
        switch environment.command {
        case .add: return try add(network, environment)
        case .del: try del(network, environment)
        case .check: try check(network, environment)
        case .gc: try collect(network)
        case .status, .version: break
        }
        return nil
    }

    private static func add(_ network: NetworkConfiguration, _ environment: PluginEnvironment) throws(CNIError)
        -> AddResult
    {
        let previous = try network.chainedResult(
            "portmap maps ports to the pod that prevResult describes: put it behind the pod's own plugin")
        let options = try PortMapOptions(network.root)
        try UnsupportedKeys.refuseConditions(in: network.root)
        let identity = AttachmentIdentity(network, environment)
        let rules = try NodeRules()
        let mapped = try rules.ports(of: identity.key())
        let ports = try PortMapping.list(network.root).map { HostPort($0) }.filter { !mapped.contains($0) }
        guard !ports.isEmpty else {
            try rules.restore()
            return previous
        }
        let record = AttachmentRecord(
            PodDemand(
                owner: identity.owner, addresses: previous.podAddresses, ports: ports,
                clientNAT: options.masqueradesAll
                    ? .everything : options.masqueradesReturning ? .subnet : .hairpin,
                onLoopback: options.masqueradesReturning), role: Personality.portmap.rawValue,
            loopbackLinks: options.masqueradesReturning ? try rules.ownLoopbackLinks(previous.hostInterfaces) : [])
        // As upstream, which has no reservations: who came first is served, and the next one after it.
        try rules.add(record, onConflict: .wait)
        do throws(CNIError) {
            try LoopbackRouting.allow(record.loopbackLinks)
            // A port that waits for its turn leads to another pod, rightly.
            if try rules.drift(of: record.key).isEmpty {
                var host = try Host()
                try rules.staleFlows.clear(reaching: record.rules, host: &host)
            }
        } catch {
            _ = try? rules.withdraw([record.key])
            _ = try? rules.forget([record.key])
            throw error
        }
        return previous
    }

    private static func del(_ network: NetworkConfiguration, _ environment: PluginEnvironment) throws(CNIError) {
        let rules = try NodeRules()
        let keys = [AttachmentIdentity(network, environment).key(.portmap)]
        let records = try rules.retire(keys)
        // Somebody may have removed the record: its rules are those that no record wants.
        if records.isEmpty, (try? PortMapping.list(network.root).isEmpty) != true { try rules.compare() }
        try rules.forget(keys)
    }

    private static func check(_ network: NetworkConfiguration, _ environment: PluginEnvironment) throws(CNIError) {
        let ports = try PortMapping.list(network.root).map { HostPort($0) }
        guard !ports.isEmpty else { return }
        let identity = AttachmentIdentity(network, environment)
        let rules = try NodeRules()
        let mapped = try rules.ports(of: identity.key()) + rules.ports(of: identity.key(.portmap))
        var drift = ports.filter { !mapped.contains($0) }.map { "host port \($0) has no record" }
        drift += try rules.drift(of: identity.key(.portmap))
        drift += LoopbackRouting.drift(of: try rules.record(of: identity.key(.portmap))?.loopbackLinks ?? [])
        guard drift.isEmpty else {
            throw CNIError(
                .drifted, "host ports of container \(environment.containerID) have drifted",
                details: drift.joined(separator: "; "))
        }
    }

    private static func collect(_ network: NetworkConfiguration) throws(CNIError) {
        let rules = try NodeRules()
        let valid = ValidAttachments(try network.validAttachments())
        let stale = valid.stale(try rules.records(of: network.name), role: .portmap)
        _ = try rules.collect(stale)
        try rules.forget(stale)
    }
}

extension NodeRules {
    /// The host ports that an attachment's record has; none when there is no such record.
    fileprivate func ports(of key: AttachmentKey) throws(CNIError) -> [HostPort] {
        try record(of: key)?.rulesInForce?.ports ?? []
    }
}

extension AddResult {
    /// The addresses of the pod's own interfaces; those that name no interface count too.
    var podAddresses: [CIDR] {
        addresses.filter { address in
            guard let index = address.interface, interfaces.indices.contains(index) else { return true }
            return !interfaces[index].sandbox.isEmpty
        }.map(\.address)
    }

    /// The names of the node's interfaces.
    var hostInterfaces: [String] { interfaces.filter(\.sandbox.isEmpty).map(\.name) }
}
