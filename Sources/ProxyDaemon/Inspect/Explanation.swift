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
        /// What comes to a firewall's chain ends there unless one of its rules, which nobody reads here, lets it through.
        case firewalled(ClosedChain)
    }

    /// One way, by the chain in which it is decided.
    struct Way: Sendable, Hashable {
        let outcome: Outcome
        let chain: String
        /// Who wanted the element that led there: `namespace/name:port`.
        let owner: String?
        let isMasqueraded: Bool
    }

    let ways: [Way]

    /// What a walk has to know of the node.
    struct Node {
        let isOwn: (IPAddress) -> Bool
        /// The name of the link by which packets of an address come, and go there; empty where there is none.
        let link: (IPAddress) -> String
        /// The node's own address towards another one, which masquerading gives.
        let sourceTowards: (IPAddress) -> IPAddress?
        /// Other tables' closed chains that see the family's packets.
        let closed: [ClosedChain]
    }

    /// Walks a connection's first packet through the base chains of a table, in the kernel's order.
    init<Failure>(_ flow: Flow, _ table: TableSnapshot, _ node: Node, _ walk: RuleWalk<Failure>) throws(Failure) {
        var packet = WalkedPacket(from: flow.source, to: flow.destination, proto: flow.proto, port: flow.port)
        let isOwn = node.isOwn(flow.source)
        packet.inputInterface = isOwn ? "" : node.link(flow.source)
        var found = Found()
        let first: Chain.Hook.Point = isOwn ? .output : .prerouting
        for var packet in Self.pass(try Self.pass(packet, first, table, walk, &found), first, node.closed, &found) {
            let isForNode = node.isOwn(packet.destination)
            packet.outputInterface = isForNode ? "lo" : node.link(packet.destination)
            // What the node sends to itself leaves by the loopback link and comes in there.
            if isForNode, isOwn { packet.inputInterface = "lo" }
            let hooks: [Chain.Hook.Point] =
                switch (isOwn, isForNode) {
                case (true, true): [.postrouting, .input]
                case (true, false): [.postrouting]
                case (false, true): [.input]
                case (false, false): [.forward, .postrouting]
                }
            var passing = [packet]
            for hook in hooks {
                var next: [WalkedPacket] = []
                for packet in passing { next += try Self.pass(packet, hook, table, walk, &found) }
                passing = Self.pass(next, hook, node.closed, &found)
            }
            for packet in passing {
                let source = packet.isMasqueraded ? node.sourceTowards(packet.destination) : nil
                let outcome = Outcome.delivered(
                    to: packet.destination, port: packet.destinationPort, from: source ?? flow.source,
                    isTranslated: packet.isTranslated)
                found.add(outcome, in: "", packet)
            }
        }
        ways = found.ways
    }

    /// Ways as they are found, none twice.
    private struct Found {
        private(set) var ways: [Way] = []
        private var seen: Set<Way> = []

        mutating func add(_ outcome: Outcome, in chain: String, _ packet: WalkedPacket) {
            let way = Way(outcome: outcome, chain: chain, owner: packet.owner, isMasqueraded: packet.isMasqueraded)
            if seen.insert(way).inserted { ways.append(way) }
        }
    }

    /// The packets that pass a hook's closed chains of other tables: all, or none.
    ///
    /// The addresses are translated by then: such chains run at priority 0 or so.
    private static func pass(
        _ packets: [WalkedPacket], _ point: Chain.Hook.Point, _ closed: [ClosedChain], _ found: inout Found
    ) -> [WalkedPacket] {
        guard let chain = closed.first(where: { $0.point == point }) else { return packets }
        for packet in packets { found.add(.firewalled(chain), in: chain.chain, packet) }
        return []
    }

    /// What a packet is when it has passed a hook, in all the ways; those that end there are added to what is found.
    private static func pass<Failure>(
        _ packet: WalkedPacket, _ point: Chain.Hook.Point, _ table: TableSnapshot, _ walk: RuleWalk<Failure>,
        _ found: inout Found
    ) throws(Failure) -> [WalkedPacket] {
        // In the order in which the kernel runs them.
        let chains = table.chains.filter { $0.value.hook?.point == point }
            .sorted { ($0.value.hook?.priority ?? 0, $0.key) < ($1.value.hook?.priority ?? 0, $1.key) }
        var passing = [packet]
        for (name, chain) in chains {
            var next: [WalkedPacket] = []
            for packet in passing {
                for leaf in try walk.walk(name, packet) {
                    switch leaf.end {
                    case .passed where chain.hook?.policy == .drop: found.add(.dropped, in: leaf.chain, leaf.packet)
                    case .passed, .accepted, .translated: next.append(leaf.packet)
                    case .dropped: found.add(.dropped, in: leaf.chain, leaf.packet)
                    case .rejected(let rejection):
                        found.add(.refused(withReset: rejection == .tcpReset), in: leaf.chain, leaf.packet)
                    case .unknown(let text): found.add(.unknown(text), in: leaf.chain, leaf.packet)
                    }
                }
            }
            passing = next
        }
        return passing
    }
}
