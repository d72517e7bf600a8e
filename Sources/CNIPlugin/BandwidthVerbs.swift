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

    /// Takes the limits off the pair that prevResult names; the shapers of one that has gone went with it.
    ///
    /// CNI_NETNS alone may by now be a stranger's namespace, whose `eth0` keeps its limits. Where the interface cannot be
    /// told the shapers are left to go with it.
    private static func del(_ network: NetworkConfiguration, _ environment: PluginEnvironment) throws(CNIError) {
        let name = environment.interfaceName
        guard !environment.namespacePath.isEmpty, (try? BandwidthLimits(network.root).isEmpty) != true,
            let mac = (try? network.previousResult())?.interfaces.first(where: {
                $0.name == name && !$0.sandbox.isEmpty
            })?.mac
        else { return }
        var host = try Host()
        guard var pod = try? Pod(environment, host: host) else { return }
        try Shaping.remove(from: name, of: mac, host: &host, pod: &pod)
    }
}
