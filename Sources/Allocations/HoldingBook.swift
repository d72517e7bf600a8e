import KubeModel

/// What Services were given, by Service, with the order in which it was last touched.
struct HoldingBook {
    private struct Entry {
        var holding: Holding
        /// Grows with each change of any entry.
        var number: Int
    }

    private var entries: [NamespacedName: [Entry]] = [:]
    private var lastNumber = 0
    /// How many values of each kind are out of use, so that who looks for one in vain does not look at all.
    private var unused: [Slot.Kind: Int] = [:]

    /// How many values that are out of use are kept.
    private static let unusedLimit = 1024

    var services: [NamespacedName] { Array(entries.keys) }

    /// Everything, in the order in which it was last touched.
    var all: [Holding] { entries.values.joined().sorted { $0.number < $1.number }.map(\.holding) }

    func holdings(of service: NamespacedName) -> [Holding] { entries[service]?.map(\.holding) ?? [] }

    subscript(service: NamespacedName, slot: Slot) -> Holding? {
        entries[service]?.first { $0.holding.slot == slot }?.holding
    }

    mutating func set(_ holding: Holding) {
        remove(holding.service, holding.slot)
        lastNumber += 1
        entries[holding.service, default: []].append(Entry(holding: holding, number: lastNumber))
        if !holding.isUsed { unused[holding.slot.kind, default: 0] += 1 }
    }

    @discardableResult
    mutating func remove(_ service: NamespacedName, _ slot: Slot) -> Holding? {
        guard let index = entries[service]?.firstIndex(where: { $0.holding.slot == slot }),
            let holding = entries[service]?.remove(at: index).holding
        else { return nil }
        if entries[service]?.isEmpty == true { entries[service] = nil }
        if !holding.isUsed { unused[holding.slot.kind, default: 0] -= 1 }
        return holding
    }

    /// The one of a kind that has been out of use the longest.
    func oldestUnused(_ kind: Slot.Kind, where condition: (Holding) -> Bool) -> Holding? {
        if unused[kind, default: 0] == 0 { return nil }
        return entries.values.joined()
            .filter { !$0.holding.isUsed && $0.holding.slot.kind == kind && condition($0.holding) }
            .min { $0.number < $1.number }?.holding
    }

    /// The oldest of those out of use, where there are more than are kept: so many that it is not asked for often.
    var surplus: [Holding] {
        let count = unused.values.reduce(0, +)
        if count <= Self.unusedLimit { return [] }
        let oldest = entries.values.joined().filter { !$0.holding.isUsed }.sorted { $0.number < $1.number }
        return oldest.prefix(count - Self.unusedLimit / 2).map(\.holding)
    }
}
