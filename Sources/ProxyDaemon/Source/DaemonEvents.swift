import Daemons
import KubeClient
import KubeModel
import LinuxSystem

/// What people hear of the daemon who look at their objects: the Events that kube-proxy sends, under its reasons.
struct DaemonEvents: Sendable {
    private let recorder: EventRecorder?
    private let node: ObjectID

    /// - Parameter recorder: nil where nobody takes Events.
    init(_ recorder: EventRecorder?, nodeName: String) {
        self.recorder = recorder
        node = ObjectID(kind: .node, name: NamespacedName(namespace: "", name: nodeName))
    }

    func started() {
        recorder?.record(ClusterEvent(.normal, reason: "Starting", action: "StartKubeProxy", regarding: node))
    }

    /// An address for probes, or for metrics, cannot be had.
    func cannotListen(_ purpose: StatusServer.Purpose, _ endpoint: HTTPEndpoint, _ reason: Errno) {
        let isOfProbes = purpose == .health
        recorder?.record(
            ClusterEvent(
                .warning, reason: isOfProbes ? "FailedToStartProxierHealthcheck" : "FailedToStartMetricServer",
                action: isOfProbes ? "StartKubeProxy" : "StartMetrics",
                note: "cannot listen at \(endpoint): \(reason)", regarding: node))
    }

    /// Load balancers that ask for a Service get no answer.
    func cannotListen(for service: NamespacedName, _ endpoint: HTTPEndpoint, _ reason: Errno) {
        recorder?.record(
            ClusterEvent(
                .warning, reason: "FailedToStartServiceHealthcheck", action: "Listen",
                note: "node \(node.name.name) cannot listen at \(endpoint), the healthCheckNodePort: \(reason)",
                regarding: ObjectID(kind: .service, name: service)))
    }
}
