import NFTables
import NetworkTypes

/// The rules of one family's table: three base chains, one chain that refuses, and one for each shape.
///
/// A packet's lookups may straddle a commit, so a shape's chain tries slot 0 after a missed slot and then refuses; and
/// the shape travels from one lookup to the next in the packet's priority, which the shape's chain sets back, because
/// queueing disciplines read it.
struct TableRules {
    let family: IPFamily
    let options: ServiceTableOptions

    /// Netfilter priorities: nft's `dstnat` and `srcnat`.
    private static let destinationNAT: Int32 = -100
    private static let sourceNAT: Int32 = 100

    private var baseChains: [Chain] {
        [
            Chain("prerouting", hook: .init(.nat, .prerouting, priority: Self.destinationNAT), rules: dispatch),
            Chain("output", hook: .init(.nat, .output, priority: Self.destinationNAT), rules: dispatch),
            Chain("postrouting", hook: .init(.nat, .postrouting, priority: Self.sourceNAT), rules: postrouting),
        ]
    }

    /// What the table has whatever Services there are.
    func blueprint(_ layout: TableLayout) -> TableBlueprint {
        TableBlueprint(layout.table, sets: layout.sets, chains: [chain(of: .refuse)] + baseChains)
    }

    func chain(of shape: Shape) -> Chain { Chain(shape.chainName, rules: rules(of: shape)) }

    private func rules(of shape: Shape) -> [Rule] {
        let head = [resetPriority]
        switch shape.kind {
        case .refuse: return head + refuse
        case .pick: return head + markFromOutsideCluster + choose(shape, frontendKey, TableLayout.endpoints)
        case .masquerade: return head + [Rule(mark)] + choose(shape, frontendKey, TableLayout.endpoints)
        case .nodePort: return head + [Rule(mark)] + choose(shape, nodePortKey, TableLayout.nodePortEndpoints)
        }
    }

    // MARK: dispatch

    private var dispatch: [Rule] {
        var rules = [
            Rule(frontendKey.load + [.lookup(set: TableLayout.counted, key: frontendKey.start, .membership)]),
            Rule(frontendKey.load + goto(shapeIn: TableLayout.services, frontendKey)),
            Rule(
                toNode + nodePortKey.load
                    + [.lookup(set: TableLayout.countedNodePorts, key: nodePortKey.start, .membership)]),
            Rule(toNode + nodePortKey.load + goto(shapeIn: TableLayout.nodePorts, nodePortKey)),
        ]
        if options.repeatsDispatch {
            rules.insert(rules[1], at: 2)
            rules.append(rules[4])
        }
        return rules
    }

    private func goto(shapeIn map: String, _ key: Key) -> [Expression] {
        [
            .lookup(set: map, key: key.start, .data(key.start)),
            .setMeta(.priority, from: key.start),
            .loadMeta(.priority, to: key.start),
            .lookup(set: TableLayout.shapes, key: key.start, .verdict),
        ]
    }

    /// The destination is one of the node's own addresses, but no loopback address.
    private var toNode: [Expression] { .isToNode + .isNotToLoopback(family) }

    // MARK: shapes

    private func choose(_ shape: Shape, _ key: Key, _ map: String) -> [Rule] {
        let slots = shape.count == 1 ? [shape.count] : [shape.count, 1]
        return slots.map { modulus in
            Rule(
                key.load + [
                    .random(modulus: modulus, to: key.end),
                    .lookup(set: map, key: key.start, .data(Register(0))),
                    .dnat(family, address: Register(0), port: Register(0).after(bytes: family.addressBytes)),
                ])
        } + [Rule([.goto(chain: Shape.refuse.chainName)])]
    }

    /// TCP gets a reset, because Linux's TCP clients ignore ICMPv6's port unreachable.
    private var refuse: [Rule] {
        [Rule(.isProtocol(.tcp) + [.reject(.tcpReset)]), Rule([.reject(.portUnreachable(family))])]
    }

    private var resetPriority: Rule {
        Rule([.immediate(Expression.hostBytes(0), to: Register(0)), .setMeta(.priority, from: Register(0))])
    }

    // MARK: masquerade

    private var mark: [Expression] { .setMark(options.masqueradeMark) }

    private var markFromOutsideCluster: [Rule] {
        let cidrs = options.clusterCIDRs.filter { $0.family == family }
        if cidrs.isEmpty || cidrs.contains(where: { $0.prefixLength == 0 }) { return [] }
        return [Rule(cidrs.flatMap(sourceIsNot) + mark)]
    }

    /// The source lies outside a network: a compare of its leading bytes, with a mask where it ends inside a byte.
    private func sourceIsNot(in cidr: CIDR) -> [Expression] {
        let register = Register(0)
        let bytes = cidr.first.bytes
        if cidr.prefixLength.isMultiple(of: 8) {
            let length = cidr.prefixLength / 8
            return [
                .loadSource(family, bytes: length, to: register),
                .compare(register, .notEqual, Array(bytes[..<length])),
            ]
        }
        return [
            .loadSource(family, to: register),
            .bitwise(register, mask: cidr.maskBytes, xor: Array(repeating: 0, count: bytes.count)),
            .compare(register, .notEqual, bytes),
        ]
    }

    private var postrouting: [Rule] {
        [
            // The mark is cleared by XOR: a packet that an overlay sends through this hook again has lost it.
            Rule(.takeMark(options.masqueradeMark) + [.masquerade]),
            // An endpoint that reached itself through a Service must see another source than itself.
            Rule(
                .isTranslated + .loadAddresses(family)
                    + [.lookup(set: TableLayout.hairpin, key: Register(0), .membership), .masquerade]),
        ]
    }

    // MARK: keys

    /// How a key is put together in registers.
    private struct Key {
        let load: [Expression]
        let start: Register
        /// The register behind it, for a random slot.
        let end: Register
    }

    private var frontendKey: Key {
        let proto = Register(0).after(bytes: family.addressBytes)
        let load = Expression.loadDestination(family, to: Register(0))
        return Key(load: [load] + .loadProtocolAndPort(to: proto), start: Register(0), end: Register(proto.index + 2))
    }

    private var nodePortKey: Key {
        Key(load: .loadProtocolAndPort(to: Register(0)), start: Register(0), end: Register(2))
    }
}
