import AttachPlan
import Attachments
import CNIProtocol
import RouteNetlink

/// The binary as the `bandwidth` plugin: limits for a pair that a plugin before it in the list has made.
///
/// Each end of the pair has one shaper, so a list that names Fairway and this plugin shapes nothing twice.
enum Bandwidth: NamedPlugin {
    static func add(_ execution: Execution) throws(CNIError) -> AddResult {
        let previous = try execution.network.chainedResult(
            "bandwidth shapes the interface that prevResult names: put it behind the pod's own plugin")
        let limits = try BandwidthLimits(execution.network.root)
        guard !limits.isEmpty else { return previous }
        var host = try Host()
        var pod = try Pod(execution.environment, host: host)
        try Shaping.apply(limits, to: execution.attachment.interfaceName, host: &host, pod: &pod)
        return previous
    }

    static func check(_ execution: Execution) throws(CNIError) {
        let limits = try BandwidthLimits(execution.network.root)
        guard !limits.isEmpty else { return }
        var host = try Host()
        var pod = try Pod(execution.environment, host: host)
        let drift = try Shaping.drift(from: limits, of: execution.attachment.interfaceName, host: &host, pod: &pod)
        if !drift.isEmpty {
            throw CNIError(drift, "the bandwidth of container \(execution.attachment.containerID) has drifted")
        }
    }

    /// Takes the limits off the pair that prevResult names; the shapers of one that has gone went with it.
    ///
    /// CNI_NETNS alone may by now be a stranger's namespace, whose `eth0` keeps its limits. Where the interface cannot be
    /// told the shapers are left to go with it.
    static func del(_ execution: Execution) throws(CNIError) {
        let name = execution.attachment.interfaceName
        guard !execution.environment.namespacePath.isEmpty,
            (try? BandwidthLimits(execution.network.root).isEmpty) != true,
            let mac = (try? execution.network.previousResult())?.interfaces.first(where: {
                $0.name == name && !$0.sandbox.isEmpty
            })?.mac
        else { return }
        var host = try Host()
        guard var pod = try? Pod(execution.environment, host: host) else { return }
        try Shaping.remove(from: name, of: mac, host: &host, pod: &pod)
    }
}
