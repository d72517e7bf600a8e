/// An endpoint of one port of a Service, with what decides whether it is chosen on this node.
struct PortEndpoint: Equatable {
    struct Traits: OptionSet, Equatable {
        let rawValue: UInt16

        static let ready = Traits(rawValue: 1)
        /// It is going, and serves still.
        static let drains = Traits(rawValue: 2)
        static let terminating = Traits(rawValue: 4)
        /// On this node.
        static let local = Traits(rawValue: 8)
        static let hasNodeHint = Traits(rawValue: 16)
        static let isForThisNode = Traits(rawValue: 32)
        static let hasZoneHint = Traits(rawValue: 64)
        static let isForThisZone = Traits(rawValue: 128)
        /// It is not ready and does not go, and serves still.
        static let servesUnready = Traits(rawValue: 256)
        static let hints: Traits = [.hasNodeHint, .isForThisNode, .hasZoneHint, .isForThisZone]
    }

    let backend: Backend
    let traits: Traits

    /// The same endpoint at another port.
    func on(_ port: UInt16) -> PortEndpoint { PortEndpoint(backend: backend.on(port), traits: traits) }

    /// Whoever is connected to it is served: it is ready, or serves still.
    var answers: Bool { !traits.isDisjoint(with: [.ready, .drains, .servesUnready]) }

    /// Of two entries for one address and port, the one that counts.
    ///
    /// A pod that goes may have given its address to a new one; the new one counts. Of two that say the same of that,
    /// the ready one.
    func supersedes(_ other: PortEndpoint) -> Bool {
        let (a, b) = (traits, other.traits)
        if a.contains(.terminating) != b.contains(.terminating) { return b.contains(.terminating) }
        if a.contains(.ready) != b.contains(.ready) { return a.contains(.ready) }
        if a.contains(.drains) != b.contains(.drains) { return a.contains(.drains) }
        // Whatever else they disagree about: the same one each time.
        return a.rawValue > b.rawValue
    }
}
