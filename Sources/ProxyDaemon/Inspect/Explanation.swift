import NFTables
import NetworkTypes

/// What becomes of a connection, in all the ways that chance allows.
struct Explanation: Sendable, Hashable {
    enum Outcome: Sendable, Hashable {
        /// Somebody gets it, under this address and with this source.
        case delivered(to: IPAddress, port: UInt16, from: IPAddress, isTranslated: Bool)
        case refused(withReset: Bool)
        case dropped
        /// A rule that is none of Fairway's decides.
        case unknown(String)
    }

    /// One way, by the chain in which it is decided.
    struct Way: Sendable, Hashable {
        let outcome: Outcome
        let chain: String
        /// Who wanted the element that led there: `namespace/name:port`.
        let owner: String?
        let isMasqueraded: Bool
    }

    private(set) var ways: [Way] = []

    /// What a walk has to know of the node.
    struct Node {
        let isOwn: (IPAddress) -> Bool
        /// The name of the link by which packets of an address come, and go there; empty where there is none.
        let link: (IPAddress) -> String
        /// The node's own address towards another one, which masquerading gives.
        let sourceTowards: (IPAddress) -> IPAddress?
    }

    /// Walks a connection's first packet through the base chains of a table, in the kernel's order.
    init<Failure>(_ flow: Flow, _ table: TableSnapshot, _ node: Node, _ walk: RuleWalk<Failure>) throws(Failure) {
        var packet = WalkedPacket(from: flow.source, to: flow.destination, proto: flow.proto, port: flow.port)
        let isOwn = node.isOwn(flow.source)
        packet.inputInterface = isOwn ? "" : node.link(flow.source)
        let first: Chain.Hook.Point = isOwn ? .output : .prerouting
        for leaf in try Self.pass([packet], first, table, walk, &ways) {
            var packet = leaf
            let isForNode = node.isOwn(packet.destination)
            packet.outputInterface = isForNode ? "lo" : node.link(packet.destination)
            // What the node sends to itself leaves by the loopback link and comes in there.
            var arriving = [(packet, false)]
            if !isForNode || isOwn { arriving = try Self.leave(packet, table, walk, &ways) }
            for (packet, isMasqueraded) in arriving {
                var packet = packet
                if isForNode {
                    packet.inputInterface = isOwn ? "lo" : packet.inputInterface
                    guard !(try Self.pass([packet], .input, table, walk, &ways)).isEmpty else { continue }
                } else if !isOwn {
                    guard !(try Self.pass([packet], .forward, table, walk, &ways)).isEmpty else { continue }
                }
                let source = isMasqueraded ? node.sourceTowards(packet.destination) ?? flow.source : flow.source
                add(
                    Way(
                        outcome: .delivered(
                            to: packet.destination, port: packet.destinationPort, from: source,
                            isTranslated: packet.isTranslated),
                        chain: "", owner: packet.owner, isMasqueraded: isMasqueraded))
            }
        }
        ways = ways.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private mutating func add(_ way: Way) { ways.append(way) }

    /// The table's base chains at a hook, in the order in which the kernel runs them.
    private static func chains(_ table: TableSnapshot, at point: Chain.Hook.Point) -> [String] {
        table.chains.filter { $0.value.hook?.point == point }
            .sorted { ($0.value.hook?.priority ?? 0, $0.key) < ($1.value.hook?.priority ?? 0, $1.key) }.map(\.key)
    }

    /// The packets that pass a hook; what ends there is added to the ways.
    private static func pass<Failure>(
        _ packets: [WalkedPacket], _ point: Chain.Hook.Point, _ table: TableSnapshot, _ walk: RuleWalk<Failure>,
        _ ways: inout [Way]
    ) throws(Failure) -> [WalkedPacket] {
        var passing = packets
        for chain in chains(table, at: point) {
            var next: [WalkedPacket] = []
            for packet in passing {
                for leaf in try walk.walk(chain, packet) {
                    let outcome: Outcome
                    switch leaf.end {
                    case .passed where table.chains[chain]?.hook?.policy == .drop: outcome = .dropped
                    case .passed, .accepted, .translated, .masqueraded:
                        next.append(leaf.packet)
                        continue
                    case .dropped: outcome = .dropped
                    case .rejected(let rejection): outcome = .refused(withReset: rejection == .tcpReset)
                    case .unknown(let text): outcome = .unknown(text)
                    }
                    ways.append(
                        Way(outcome: outcome, chain: leaf.chain, owner: leaf.packet.owner, isMasqueraded: false))
                }
            }
            passing = next
        }
        return passing
    }

    /// The packets that leave by a link, and whether each gets another source.
    private static func leave<Failure>(
        _ packet: WalkedPacket, _ table: TableSnapshot, _ walk: RuleWalk<Failure>, _ ways: inout [Way]
    ) throws(Failure) -> [(WalkedPacket, Bool)] {
        var leaving = [(packet, false)]
        for chain in chains(table, at: .postrouting) {
            var next: [(WalkedPacket, Bool)] = []
            for (packet, isMasqueraded) in leaving {
                for leaf in try walk.walk(chain, packet) {
                    switch leaf.end {
                    case .passed, .accepted, .translated: next.append((leaf.packet, isMasqueraded))
                    case .masqueraded: next.append((leaf.packet, true))
                    case .dropped:
                        ways.append(
                            Way(outcome: .dropped, chain: leaf.chain, owner: leaf.packet.owner, isMasqueraded: false))
                    case .rejected(let rejection):
                        ways.append(
                            Way(
                                outcome: .refused(withReset: rejection == .tcpReset), chain: leaf.chain,
                                owner: leaf.packet.owner, isMasqueraded: false))
                    case .unknown(let text):
                        ways.append(
                            Way(
                                outcome: .unknown(text), chain: leaf.chain, owner: leaf.packet.owner,
                                isMasqueraded: false))
                    }
                }
            }
            leaving = next
        }
        return leaving
    }
}
