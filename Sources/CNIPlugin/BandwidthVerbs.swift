import CNIProtocol
import RouteNetlink

/// The binary as the `bandwidth` plugin: limits for a pair that a plugin before it in the list has made.
///
/// Each end of the pair has one shaper, so a list that names Fairway and this plugin shapes nothing twice.
enum BandwidthVerbs {
    static func run(_ network: NetworkConfiguration, _ environment: PluginEnvironment) throws(CNIError) -> AddResult? {
        switch environment.command {
        case .add: return try add(network, environment)
        case .check: try check(network, environment)
        case .del: try del(network, environment)
        // It keeps nothing that outlives the pair.
        case .gc, .status, .version: break
        }
        return nil
    }

    private static func add(_ network: NetworkConfiguration, _ environment: PluginEnvironment) throws(CNIError)
        -> AddResult
    {
        let previous = try network.chainedResult(
            "bandwidth shapes the interface that prevResult names: put it behind the pod's own plugin")
        let limits = try BandwidthLimits(network.root)
        guard !limits.isEmpty else { return previous }
        var host = try Host()
        var pod = try Pod(environment, host: host)
        try Shaping.apply(limits, to: environment.interfaceName, host: &host, pod: &pod)
        return previous
    }

    private static func check(_ network: NetworkConfiguration, _ environment: PluginEnvironment) throws(CNIError) {
        let limits = try BandwidthLimits(network.root)
        guard !limits.isEmpty else { return }
        var host = try Host()
        var pod = try Pod(environment, host: host)
        let drift = try Shaping.drift(from: limits, of: environment.interfaceName, host: &host, pod: &pod)
        guard drift.isEmpty else {
            throw CNIError(
                .drifted, "the bandwidth of container \(environment.containerID) has drifted",
                details: drift.joined(separator: "; "))
        }
    }

    /// Takes the limits off where there is still a pair; the shapers of one that has gone went with it.
    private static func del(_ network: NetworkConfiguration, _ environment: PluginEnvironment) throws(CNIError) {
        guard !environment.namespacePath.isEmpty, (try? BandwidthLimits(network.root).isEmpty) != true else { return }
        var host = try Host()
        guard var pod = try? Pod(environment, host: host) else { return }
        try Shaping.remove(from: environment.interfaceName, host: &host, pod: &pod)
    }
}
