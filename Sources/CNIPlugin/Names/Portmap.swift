import AttachPlan
import AttachmentStore
import Attachments
import CNIProtocol

/// The binary as the `portmap` plugin: host ports for an interface that a plugin before it in the list has made.
///
/// What Fairway itself maps already for the attachment is left out, so that a list which names both maps nothing twice.
enum Portmap: NamedPlugin {
    static func add(_ execution: Execution) throws(CNIError) -> AddResult {
        let root = execution.network.root
        let previous = try execution.network.chainedResult(
            "portmap maps ports to the pod that prevResult describes: put it behind the pod's own plugin")
        let options = try PortMapOptions(root)
        try PortMapOptions.refuseConditions(in: root)
        let attachments = try NodeAttachments()
        let mapped = try attachments.record(of: execution.key)?.demandInForce?.ports ?? []
        let ports = try HostPort.list(root).filter { !mapped.contains($0) }
        guard !ports.isEmpty else {
            try attachments.restore()
            return previous
        }
        let record = AttachmentRecord(
            PodDemand(
                owner: execution.attachment,
                addresses: previous.addresses(of: execution.attachment.interfaceName), ports: ports,
                clientNAT: options.masqueradesAll
                    ? .everything : options.masqueradesReturning ? .subnet : .hairpin,
                onLoopback: options.masqueradesReturning), role: execution.portmapKey.role,
            loopbackLinks: options.masqueradesReturning
                ? try attachments.ownLoopbackLinks(previous.hostInterfaces) : [])
        // As upstream, which has no reservations: who came first is served, and the next one after it.
        try attachments.add(waiting: record)
        do throws(CNIError) {
            try LoopbackRouting.allow(record.loopbackLinks)
            // A port that waits for its turn leads to another pod, rightly.
            if try attachments.drift(of: record.key).isEmpty {
                var host = try Host()
                try attachments.staleFlows.clear(reaching: record.demand, host: &host)
            }
        } catch {
            _ = try? attachments.withdraw([record.key])
            _ = try? attachments.forget([record.key])
            throw error
        }
        return previous
    }

    static func del(_ execution: Execution) throws(CNIError) {
        let attachments = try NodeAttachments()
        let keys = [execution.portmapKey]
        let records = try attachments.retire(keys)
        // Somebody may have removed the record: its host ports are those that no record wants.
        if records.isEmpty, (try? HostPort.list(execution.network.root).isEmpty) != true {
            try attachments.compare()
        }
        try attachments.forget(keys)
    }

    static func check(_ execution: Execution) throws(CNIError) {
        let ports = try HostPort.list(execution.network.root)
        guard !ports.isEmpty else { return }
        let key = execution.portmapKey
        let attachments = try NodeAttachments()
        let own = try attachments.record(of: key)
        let records = [try attachments.record(of: execution.key), own]
        let mapped = records.flatMap { $0?.demandInForce?.ports ?? [] }
        var drift = ports.filter { !mapped.contains($0) }.map { "host port \($0) has no record" }
        drift += try attachments.drift(of: key)
        drift += LoopbackRouting.drift(of: own?.loopbackLinks ?? [])
        if !drift.isEmpty {
            throw CNIError(drift, "host ports of container \(execution.attachment.containerID) have drifted")
        }
    }

    static func gc(_ execution: Execution) throws(CNIError) {
        let attachments = try NodeAttachments()
        let valid = ValidAttachments(try execution.network.validAttachments())
        let stale = valid.stale(try attachments.records(of: execution.network.name), role: .portmap)
        _ = try attachments.collect(stale)
        try attachments.forget(stale)
    }
}
