import Lab
import NetworkTypes
import Testing

/// One row of the table: where a packet comes from and goes to, and what must become of it.
struct Scenario: Sendable, CustomTestStringConvertible {
    let title: String
    let from: Place
    let address: IPAddress
    let port: UInt16
    let proto: TransportProtocol
    let answer: Answer

    /// Where a packet comes from.
    enum Place: Sendable, Hashable {
        /// The client's pod on the first node.
        case client
        case backend(Int)
        case node(Int)
        case world
    }

    enum Answer: Sendable, Hashable {
        /// Exactly these backends answer, and see the client under one of the addresses named.
        case from([Int], seenAs: Client)
        /// A reset or a port-unreachable, at once.
        case refused
    }

    /// Whose address a backend sees.
    enum Client: Sendable, Hashable {
        /// The address that the packet left with: no masquerade.
        case itself
        /// An address of this node, the bridge's included.
        case node(Int)
    }

    var testDescription: String { "\(title), \(proto.rawValue) over \(address.family.rawValue)" }
}

extension Scenario {
    func host(in cluster: Cluster) -> any LabHost {
        switch from {
        case .client: cluster.client
        case .backend(let number): cluster.backend(number)
        case .node(let number): cluster.lab.nodes[number - 1]
        case .world: cluster.lab.world
        }
    }

    /// The addresses that a backend may see.
    func visible(_ client: Client, in cluster: Cluster) -> Set<IPAddress> {
        let all: [IPAddress]
        switch client {
        case .itself: all = host(in: cluster).addresses
        case .node(let number):
            let node = cluster.lab.nodes[number - 1]
            all = node.addresses + node.plan.podNetworks.map { IPAddress(family: $0.family, value: $0.first.value + 1) }
        }
        return Set(all.filter { $0.family == address.family })
    }

    /// How a refusal looks from where the packet comes.
    ///
    /// A node's own datagram is refused by `sendto` itself, unless it is no rule that refuses but a port without a server.
    var refusal: ConnectReport.Failure {
        if case .node = from, proto == .udp, !address.isLoopback { .forbidden } else { .refused }
    }
}
