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

    var baseChains: [Chain] {
        [
            Chain("prerouting", hook: .init(.nat, .prerouting, priority: Self.destinationNAT), rules: dispatch),
            Chain("output", hook: .init(.nat, .output, priority: Self.destinationNAT), rules: dispatch),
            Chain("postrouting", hook: .init(.nat, .postrouting, priority: Self.sourceNAT), rules: postrouting),
        ]
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
    private var toNode: [Expression] {
        let register = Register(0)
        let isLocal: [Expression] = [
            .loadDestinationType(to: register), .compare(register, .equal, hostBytes(Self.routingTypeLocal)),
        ]
        switch family {
        case .ipv4:
            return isLocal + [
                .payload(.network, offset: destinationOffset, length: 1, to: register),
                .compare(register, .notEqual, [127]),
            ]
        case .ipv6:
            return isLocal + [
                .payload(.network, offset: destinationOffset, length: 16, to: register),
                .compare(register, .notEqual, IPv6Address(value: 1).bytes),
            ]
        }
    }

    /// `RTN_LOCAL`.
    private static let routingTypeLocal: UInt32 = 2

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
        let register = Register(0)
        return [
            Rule([
                .loadMeta(.transportProtocol, to: register), .compare(register, .equal, [TransportProtocol.tcp.number]),
                .reject(.tcpReset),
            ]),
            Rule([.reject(.portUnreachable(family))]),
        ]
    }

    private var resetPriority: Rule {
        Rule([.immediate(hostBytes(0), to: Register(0)), .setMeta(.priority, from: Register(0))])
    }

    // MARK: masquerade

    private var mark: [Expression] {
        let register = Register(0)
        return [
            .loadMeta(.mark, to: register),
            .bitwise(register, mask: hostBytes(~options.masqueradeMark), xor: hostBytes(options.masqueradeMark)),
            .setMeta(.mark, from: register),
        ]
    }

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
                .payload(.network, offset: sourceOffset, length: UInt32(length), to: register),
                .compare(register, .notEqual, Array(bytes[..<length])),
            ]
        }
        return [
            .payload(.network, offset: sourceOffset, length: UInt32(bytes.count), to: register),
            .bitwise(register, mask: cidr.maskBytes, xor: Array(repeating: 0, count: bytes.count)),
            .compare(register, .notEqual, bytes),
        ]
    }

    private var postrouting: [Rule] {
        let register = Register(0)
        let mark = options.masqueradeMark
        let second = register.after(bytes: family.addressBytes)
        let length = UInt32(family.addressBytes)
        return [
            // The mark is cleared by XOR: a packet that an overlay sends through this hook again has lost it.
            Rule([
                .loadMeta(.mark, to: register),
                .bitwise(register, mask: hostBytes(mark), xor: hostBytes(0)),
                .compare(register, .equal, hostBytes(mark)),
                .loadMeta(.mark, to: register),
                .bitwise(register, mask: hostBytes(.max), xor: hostBytes(mark)),
                .setMeta(.mark, from: register),
                .masquerade,
            ]),
            // An endpoint that reached itself through a Service must see another source than itself.
            Rule([
                .loadConntrackStatus(to: register),
                .bitwise(register, mask: hostBytes(Self.statusDNAT), xor: hostBytes(0)),
                .compare(register, .notEqual, hostBytes(0)),
                .payload(.network, offset: sourceOffset, length: length, to: register),
                .payload(.network, offset: destinationOffset, length: length, to: second),
                .lookup(set: TableLayout.hairpin, key: register, .membership),
                .masquerade,
            ]),
        ]
    }

    /// `IPS_DST_NAT`.
    private static let statusDNAT: UInt32 = 1 << 5

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
        let load = Expression.payload(
            .network, offset: destinationOffset, length: UInt32(family.addressBytes), to: Register(0))
        return Key(load: [load] + Self.protocolAndPort(proto), start: Register(0), end: Register(proto.index + 2))
    }

    private var nodePortKey: Key {
        Key(load: Self.protocolAndPort(Register(0)), start: Register(0), end: Register(2))
    }

    private static func protocolAndPort(_ register: Register) -> [Expression] {
        [
            .loadMeta(.transportProtocol, to: register),
            .payload(.transport, offset: 2, length: 2, to: register.after(bytes: 4)),
        ]
    }

    /// Where the addresses lie in the IP header.
    private var sourceOffset: UInt32 { family == .ipv4 ? 12 : 8 }
    private var destinationOffset: UInt32 { family == .ipv4 ? 16 : 24 }

    /// A number in host byte order, as marks, priorities and conntrack's bits are kept; little-endian, as all of
    /// Fairway's targets are.
    private func hostBytes(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
