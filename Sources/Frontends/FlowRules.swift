package import NetworkTypes

/// Who may go on answering connections that were once sent to a frontend: those of all others are stale.
///
/// A UDP or SCTP client that keeps its port stays with the endpoint that it got first, for as long as the kernel remembers
/// the connection, which each of its packets prolongs.
package struct FlowRules: Sendable, Hashable {
    /// The backends that answer still, draining ones too; nil for a frontend that is gone.
    package private(set) var answering: [Frontend: Set<Backend>?] = [:]

    package init() {}

    package var isEmpty: Bool { answering.isEmpty }

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
        if let backends = answering[Frontend(.address(addressed.address), proto, addressed.port)] {
            // What was let through before there was a Service goes past it.
            return backends.map { !$0.contains(backend) } ?? (backend != addressed)
        }
        guard isToNode, let backends = answering[Frontend(.nodePort(addressed.family), proto, addressed.port)] else {
            return false
        }
        return backends.map { !$0.contains(backend) } ?? (backend != addressed)
    }
}

extension FrontendModel {
    /// All frontends whose flows outlive a change: those of UDP and SCTP.
    package var flowFrontends: Set<Frontend> { Set(claimedFrontends.filter { $0.proto != .tcp }) }

    /// The backends that answer a frontend's connections still, wherever new ones go; nil where nobody claims it.
    package func answering(_ frontend: Frontend) -> Set<Backend>? {
        claimants(of: frontend).first.map { backends(of: frontend, in: $0) }
    }
}
