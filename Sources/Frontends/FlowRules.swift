package import NetworkTypes

/// Who may go on answering connections that were once sent to a frontend: those of all others are stale.
///
/// A UDP or SCTP client that keeps its port stays with the endpoint that it got first, for as long as the kernel remembers
/// the connection, which each of its packets prolongs.
package struct FlowRules: Sendable, Hashable {
    /// The backends that answer still, draining ones too; nil for a frontend that is gone.
    package private(set) var answering: [Frontend: Set<Backend>?] = [:]

    package init() {}

    package mutating func set(_ frontend: Frontend, _ backends: Set<Backend>?) {
        answering.updateValue(backends, forKey: frontend)
    }

    /// Whether a connection goes on to somebody who has nothing to do with what its client addressed.
    ///
    /// - Parameters:
    ///   - addressed: what the client's first packet had as its destination.
    ///   - answering: who answers.
    ///   - isToNode: the destination is one of this node's addresses; a node port on another host is none of ours.
    package func isStale(
        _ proto: TransportProtocol, addressed: Backend, answering backend: Backend, isToNode: Bool
    ) -> Bool {
        let rule: Set<Backend>?? =
            answering[Frontend(.address(addressed.address), proto, addressed.port)]
            ?? (isToNode ? answering[Frontend(.nodePort(addressed.family), proto, addressed.port)] : nil)
        guard let rule else { return false }
        // Where there is a Service, what was let through before goes past it; where there was one, it is none of ours.
        return rule.map { !$0.contains(backend) } ?? (backend != addressed)
    }
}
