import NFTables
import NetworkTypes

/// The chains of Services' ports with affinity.
///
/// A client's backend is remembered as an id, which travels in the packet's priority: what a rule adds to a map has to be
/// something that nft can name, and at most 16 bytes. An `update` of an element that exists renews it and leaves its data
/// as they are, so what has ended is deleted first.
extension TableRules {
    /// Where nft puts the data of a map that a rule adds to, behind a key of up to 16 bytes.
    private static let dataRegister = Register(4)

    func stickyRules(of shape: Shape, _ number: StickyNumber) -> [Rule] {
        switch shape.kind {
        case .stickyPick: markFromOutsideCluster + [rememberSource] + serve(number, .all)
        case .stickyPickLocal: markFromOutsideCluster + [rememberSource] + serve(number, .local)
        case .stickyMasquerade: [Rule(mark)] + serve(number, .all)
        case .stickyLocal: serve(number, .local)
        case .stickyExternal:
            insiders(goTo: shape.next[0]) + [Rule([.goto(chain: shape.next[1].chainName)])]
        default: [rememberSource] + serve(number, .all)
        }
    }

    /// The chains that all ports share: to each of a map's elements the kernel goes through all rules that look there, so
    /// those are few.
    var sharedChains: [Chain] {
        let choose = Rule(
            priorityKey.load + goto(shapeIn: TableLayout.stickyCounts, priorityKey, of: TableLayout.choices))
        let look = priorityKey.load + setPriority(in: TableLayout.stickySlots, priorityKey)
        let slot = [
            Rule(look + [.return]),
            // The slot went while the packet was under way; the side's first one has not.
            Rule(.keepPriority(bits: StickySide.firstSlots)),
            Rule(look),
        ]
        return [Chain(Self.choose, rules: [choose]), Chain(Self.slot, rules: slot)]
            + StickySide.allCases.map { side in
                // nft takes a port behind a compare of the protocol only.
                Chain(side.server, rules: TransportProtocol.allCases.map { goToBackend($0, side) })
            }
    }

    private static let choose = "choose"
    private static let slot = "slot"

    private func goToBackend(_ proto: TransportProtocol, _ side: StickySide) -> Rule {
        Rule(
            .isProtocol(proto) + [
                .loadMeta(.priority, to: Register(0)),
                .lookup(set: side.endpoints, key: Register(0), .data(Register(0))),
                .dnat(family, address: Register(0), port: Register(0).after(bytes: family.addressBytes)),
            ])
    }

    /// Puts a random slot's number, without the port's, into the priority and comes back.
    func chooseSlot(of side: StickySide, among count: UInt32) -> Rule {
        Rule([
            .random(modulus: count, offset: side.firstSlot, to: Register(0)),
            .setMeta(.priority, from: Register(0)),
        ])
    }

    private func serve(_ number: StickyNumber, _ side: StickySide) -> [Rule] {
        let serve = Expression.jump(chain: side.server)
        return [
            Rule(
                clientKey.load + setPriority(in: TableLayout.clients(number), clientKey) + remember(number) + [serve]),
            // Here is who chose nobody yet, and who chose a backend that has gone.
            Rule(
                client + [
                    .forget(in: TableLayout.clients(number), key: Register(0), data: Self.dataRegister)
                ]),
            Rule(setPriority(side.countKey(number)) + [.jump(chain: Self.choose)]),
            Rule(.setPriority(bits: number.slotBits) + [.jump(chain: Self.slot)]),
            Rule(remember(number) + [serve]),
            // Nobody else can be remembered; served all the same.
            Rule([serve]),
            Rule([.goto(chain: (side == .all ? Shape.refuse : .drop).chainName)]),
        ]
    }

    private var client: [Expression] {
        clientKey.load + [.loadMeta(.priority, to: Self.dataRegister)]
    }

    private func remember(_ number: StickyNumber) -> [Expression] {
        client + [.remember(in: TableLayout.clients(number), key: Register(0), data: Self.dataRegister)]
    }
}
