import CNIProtocol
import PodRuleset

/// The connections that conntrack remembers from before a host port led where it leads now.
///
/// A UDP client that keeps its port would be sent to a pod that is gone for as long as it keeps sending.
enum StaleFlows {
    /// Forgets the flows to a new pod's host ports that do not lead to it.
    static func clear(reaching rules: PodRules) throws(CNIError) {}

    /// Forgets the flows to pods that have gone.
    static func clear(leftBy rules: [PodRules]) throws(CNIError) {}
}
