import NFTables
import NetworkTypes

/// The rules of one family's table: base chains, chains without a choice, and one for each shape.
///
/// A packet's lookups may straddle a commit, so a shape's chain tries slot 0 after a missed slot and then refuses; and
/// the shape travels from one lookup to the next in the packet's priority, which the shape's chain sets back, because
/// queueing disciplines read it.
struct TableRules {
    let family: IPFamily
    let options: ServiceTableOptions

    /// Netfilter priorities: nft's `dstnat`, `srcnat` and `filter`.
    private static let destinationNAT: Int32 = -100
    private static let sourceNAT: Int32 = 100
    private static let filter: Int32 = 0
    /// nft's `mangle`: before any address is translated, after conntrack has looked.
    static let mangle: Int32 = -150

    private var baseChains: [Chain] {
        [
            Chain("prerouting", hook: .init(.nat, .prerouting, priority: Self.destinationNAT), rules: dispatch),
            Chain("output", hook: .init(.nat, .output, priority: Self.destinationNAT), rules: dispatch),
            Chain("input", hook: .init(.filter, .input, priority: Self.filter), rules: [refuseOwn]),
            Chain("postrouting", hook: .init(.nat, .postrouting, priority: Self.sourceNAT), rules: postrouting),
        ] + (options.dropsInvalid ? invalidChains : [])
    }

    /// What each format brought.
    ///
    /// 2: shapes in three maps, sources, local backends, addresses of Services and of the node. 3: affinity, and what fits
    /// no connection. 4: the slots of all ports with affinity in one map.
    static let format: UInt32 = 4

    /// What the table has whatever Services there are.
    func blueprint(_ layout: TableLayout) -> TableBlueprint {
        TableBlueprint(
            layout.table, format: Self.format, flags: options.ownsTables ? .owned : [], sets: layout.sets,
            chains: Shape.fixed.map(chain(of:)) + sharedChains + baseChains)
    }

    func chain(of shape: Shape) -> Chain { Chain(shape.chainName, rules: rules(of: shape)) }

    /// A shape's chain with the elements that lead there.
    func part(of shape: Shape, in table: TableID) -> TableParts<Shape>.Part {
        let (name, element) = (shape.chainName, [VerdictElement(shape: shape)])
        var creation = Transaction()
        creation.add(chain(of: shape), in: table)
        return .init(
            creation: creation.operations + shape.entrances.map { .addVerdicts(table, set: $0, element) },
            removal: shape.entrances.map { .deleteVerdicts(table, set: $0, element) } + [
                .flushChain(table, chain: name), .deleteChain(table, chain: name),
            ])
    }

    private func rules(of shape: Shape) -> [Rule] {
        let key = shape.isOfNodePort ? nodePortKey : frontendKey
        switch shape.kind {
        case .fixed: return [resetPriority] + fixedRules(of: shape)
        case .pick: return [resetPriority] + markFromOutsideCluster + [rememberSource] + choose(shape, key)
        case .masquerade, .nodePort: return [resetPriority, Rule(mark)] + choose(shape, key)
        case .plain, .nodePortPlain: return [rememberSource] + choose(shape, key)
        case .external, .nodePortExternal: return [resetPriority] + external(shape, key)
        case .local, .nodePortLocal: return [resetPriority] + choose(shape, key, from: TableLayout.localSlots)
        case .choose: return [chooseSlot(of: .all, among: shape.count)]
        case .chooseLocal: return [chooseSlot(of: .local, among: shape.count)]
        case .stickyPick, .stickyPickLocal, .stickyMasquerade, .stickyPlain, .stickyLocal, .stickyExternal:
            return shape.sticky.map { stickyRules(of: shape, $0) } ?? []
        }
    }

    private func fixedRules(of shape: Shape) -> [Rule] {
        switch shape {
        case .drop: [Rule([.drop])]
        case .refuseNodePort: refuseNodePort
        case .check: check
        default: [resetTCP] + rejections
        }
    }

    // MARK: dispatch

    private var dispatch: [Rule] {
        var rules = [
            Rule(frontendKey.load + [.lookup(set: TableLayout.counted, key: frontendKey.start, .membership)]),
            Rule(frontendKey.load + goto(shapeIn: TableLayout.services, frontendKey)),
            Rule(
                toNodePort + nodePortKey.load
                    + [.lookup(set: TableLayout.countedNodePorts, key: nodePortKey.start, .membership)]),
            Rule(toNodePort + nodePortKey.load + goto(shapeIn: TableLayout.nodePorts, nodePortKey)),
        ]
        if options.repeatsDispatch {
            rules.insert(rules[1], at: 2)
            rules.append(rules[4])
        }
        // What no Service has: at an address of one it is refused, elsewhere among their addresses nobody answers.
        let toAddress = Expression.loadDestination(family, to: Register(0))
        return rules + [
            Rule([
                toAddress, .lookup(set: TableLayout.clusterIPs, key: Register(0), .membership),
                .goto(chain: Shape.refuse.chainName),
            ]),
            Rule([
                toAddress, .lookup(set: TableLayout.serviceNetworks, key: Register(0), .membership),
                .goto(chain: Shape.drop.chainName),
            ]),
        ]
    }

    func goto(
        shapeIn map: String, _ key: Key, of shapes: String = TableLayout.shapes
    ) -> [Expression] {
        setPriority(in: map, key) + [
            .loadMeta(.priority, to: key.start), .lookup(set: shapes, key: key.start, .verdict),
        ]
    }

    /// The destination is one of the node's own addresses with node ports, but no loopback address.
    var toNodePort: [Expression] {
        .isToNode + .isNotToLoopback(family) + [
            .loadDestination(family, to: Register(0)),
            .lookup(set: TableLayout.nodeAddresses, key: Register(0), .membership),
        ]
    }

    // MARK: shapes

    private func choose(_ shape: Shape, _ key: Key, from offset: Int = 0) -> [Rule] {
        let map = shape.isOfNodePort ? TableLayout.nodePortEndpoints : TableLayout.endpoints
        let slots = shape.count == 1 ? [shape.count] : [shape.count, 1]
        return slots.map { modulus in
            Rule(
                key.load + [
                    .random(modulus: modulus, offset: UInt32(offset), to: key.end),
                    .lookup(set: map, key: key.start, .data(Register(0))),
                    .dnat(family, address: Register(0), port: Register(0).after(bytes: family.addressBytes)),
                ])
        } + [Rule([.goto(chain: (shape.isOfNodePort ? Shape.refuseNodePort : .refuse).chainName)])]
    }

    /// Pods choose from all backends with their own address, the node with its own, others from the local ones.
    private func external(_ shape: Shape, _ key: Key) -> [Rule] {
        let map = shape.isOfNodePort ? TableLayout.localNodePorts : TableLayout.localServices
        return insiders(goTo: shape.next[0]) + [
            Rule(key.load + goto(shapeIn: map, key, of: TableLayout.localShapes)),
            Rule([.goto(chain: Shape.drop.chainName)]),
        ]
    }

    /// Pods with their own address, the node with its own.
    func insiders(goTo shape: Shape) -> [Rule] {
        let all = Expression.goto(chain: shape.chainName)
        let fromPod = isFromPod(.equal).map { [Rule($0 + [all])] } ?? []
        return fromPod + [Rule(.isFromNode + mark + [all])]
    }

    /// Sources come before the frontend's own shape, so that nobody learns whether it has backends.
    private var check: [Rule] {
        let key = frontendKey
        return [
            Rule(
                rangeKey.load + [
                    .loadSource(family, to: key.end), .lookup(set: TableLayout.sources, key: key.start, .absence),
                    .drop,
                ]),
            Rule(key.load + goto(shapeIn: TableLayout.checkedServices, key, of: TableLayout.checkedShapes)),
            Rule([.goto(chain: Shape.refuse.chainName)]),
        ]
    }

    // MARK: refusing

    /// TCP gets a reset, because Linux's TCP clients ignore ICMPv6's port unreachable.
    private var resetTCP: Rule { Rule(.isProtocol(.tcp) + [.reject(.tcpReset)]) }

    /// SCTP's connect() waits on after a port unreachable; of ICMP the protocol unreachable alone ends it, of ICMPv6 nothing
    /// that a rule can send.
    private var rejections: [Rule] {
        let sctp = Rule(.isProtocol(.sctp) + [.reject(.protocolUnreachable)])
        return (family == .ipv4 ? [sctp] : []) + [Rule([.reject(.portUnreachable(family))])]
    }

    /// What the node itself sends goes on to the hook `input`: refused in `output`, a send would be forbidden (EPERM).
    private var refuseNodePort: [Rule] { [resetTCP, Rule(.isFromNode + [.accept])] + rejections }

    private var refuseOwn: Rule {
        let key = nodePortKey
        return Rule(
            .isNew + .inputInterface(.equal, "lo") + toNodePort + key.load + setPriority(in: TableLayout.nodePorts, key)
                + [
                    .loadMeta(.priority, to: key.start),
                    .compare(key.start, .equal, Expression.hostBytes(Shape.refuseNodePort.classID)),
                    .goto(chain: Shape.refuse.chainName),
                ])
    }

    private var resetPriority: Rule { Rule(setPriority(0)) }

    func setPriority(_ value: UInt32) -> [Expression] {
        [.immediate(Expression.hostBytes(value), to: Register(0)), .setMeta(.priority, from: Register(0))]
    }

    /// What a key that is loaded has in a map becomes the priority: nft has no other way to look there without a verdict.
    func setPriority(in map: String, _ key: Key) -> [Expression] {
        [.lookup(set: map, key: key.start, .data(key.start)), .setMeta(.priority, from: key.start)]
    }

    // MARK: masquerade

    var mark: [Expression] { .setMark(options.masqueradeMark) }

    var markFromOutsideCluster: [Rule] {
        if options.masqueradesAll { return [Rule(mark)] }
        return isFromPod(.notEqual).map { [Rule($0 + mark)] } ?? []
    }

    /// The source is a pod, or is none; nil where nobody knows which are.
    private func isFromPod(_ comparison: Expression.Comparison) -> [Expression]? {
        switch options.localDetection {
        case .clusterCIDRs(let cidrs) where !cidrs.contains { $0.family == family }: nil
        case .clusterCIDRs, .nodePodCIDRs:
            [
                .loadSource(family, to: Register(0)),
                .lookup(
                    set: TableLayout.localSources, key: Register(0), comparison == .equal ? .membership : .absence),
            ]
        case .bridge(let name): .inputInterface(comparison, name)
        case .interfacePrefix(let prefix): .inputInterface(comparison, prefix, isPrefix: true)
        }
    }

    /// Whoever is not this node's may be sent back to itself: what is remembered here is looked for in postrouting.
    ///
    /// A rule of its own: where the set is full, the packet goes on all the same.
    var rememberSource: Rule {
        Rule([
            .loadSource(family, to: Register(0)),
            .loadSource(family, to: Register(0).after(bytes: family.addressBytes)),
            .remember(in: TableLayout.recentSources, key: Register(0), milliseconds: Self.rememberedFor),
        ])
    }

    /// A packet is through postrouting long before.
    private static let rememberedFor: UInt64 = 30_000

    private var postrouting: [Rule] {
        [
            // Affinity leaves an id there.
            Rule(.isTranslated + setPriority(0)),
            // The mark is cleared by XOR: a packet that an overlay sends through this hook again has lost it.
            Rule(.takeMark(options.masqueradeMark) + [.masquerade]),
            // An endpoint that reached itself through a Service must see another source than itself.
            Rule(
                .isTranslated + .loadAddresses(family)
                    + [.lookup(set: TableLayout.hairpin, key: Register(0), .membership), .masquerade]),
            // The same of an endpoint of another node, or of nobody knows where.
            Rule(
                .isTranslated + .loadAddresses(family)
                    + [.lookup(set: TableLayout.recentSources, key: Register(0), .membership), .masquerade]),
        ]
    }

    // MARK: keys

    /// How a key is put together in registers.
    struct Key {
        var load: [Expression]
        let start: Register
        /// The register behind it, for a slot or a source.
        let end: Register
    }

    var frontendKey: Key {
        let proto = Register(0).after(bytes: family.addressBytes)
        let load = Expression.loadDestination(family, to: Register(0))
        return Key(load: [load] + .loadProtocolAndPort(to: proto), start: Register(0), end: Register(proto.index + 2))
    }

    /// The same for a set of ranges.
    private var rangeKey: Key {
        var key = frontendKey
        let proto = Register(0).after(bytes: family.addressBytes)
        key.load = [.loadDestination(family, to: Register(0))] + .loadHeaderProtocolAndPort(family, to: proto)
        return key
    }

    /// The packet's priority.
    var priorityKey: Key { Key(load: [.loadMeta(.priority, to: Register(0))], start: Register(0), end: Register(1)) }

    /// The client's address.
    var clientKey: Key {
        let end = Register(0).after(bytes: family.addressBytes)
        return Key(load: [.loadSource(family, to: Register(0))], start: Register(0), end: end)
    }

    var nodePortKey: Key {
        Key(load: .loadProtocolAndPort(to: Register(0)), start: Register(0), end: Register(2))
    }
}

extension Shape {
    fileprivate var isOfNodePort: Bool {
        switch kind {
        case .nodePort, .nodePortPlain, .nodePortExternal, .nodePortLocal: true
        default: self == .refuseNodePort
        }
    }
}
