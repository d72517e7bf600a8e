import Frontends
package import NFTables
import NetworkTypes

extension ServiceTable {
    /// The number of endpoint elements.
    var backendCount: Int {
        frontends.values.reduce(0) { $0 + ($1.desired.flatMap { pools[$0.pool] }?.count ?? 0) }
    }

    /// How a dumped table differs from this one's desired state, a sentence each.
    ///
    /// Backends compare as sets; counters' values, unused shapes and the order of slots play no part.
    func differences(from snapshot: TableSnapshot?) -> [String] {
        guard let snapshot else { return ["table \(layout.table) does not exist"] }
        guard case .adopt(let repairs, let found) = TableStructure(layout, rules).compare(snapshot) else {
            return ["table \(layout.table) has other sets, hooks or shapes"]
        }
        var sentences = repairs.map { "\($0) is needed" }
        let kernel = KernelTable(snapshot, layout)
        var strays = Transaction()
        kernel.strays.append(to: &strays, in: layout.table)
        sentences += strays.operations.map { "\($0) is needed: strays" }
        for (frontend, record) in frontends {
            guard let desired = record.desired else { continue }
            let backends = Set(pools[desired.pool]?.slots ?? [])
            guard let state = kernel.frontends[frontend] else {
                sentences.append("\(frontend) is missing")
                continue
            }
            let shape = Shape(frontend, desired.masquerade, backends: backends.count)
            if state.shape != shape { sentences.append("\(frontend) goes to \(state.shape), not \(shape)") }
            if !found.contains(state.shape) { sentences.append("\(frontend) goes to \(state.shape), which is missing") }
            if state.comment != ownerComment(desired.owner) {
                sentences.append("\(frontend) says \(state.comment), not \(desired.owner)")
            }
            if Set(state.slots) != backends {
                sentences.append("\(frontend) has backends \(state.slots), not \(backends.sorted())")
            }
            if !kernel.counted.contains(frontend) { sentences.append("\(frontend) is not counted") }
        }
        for frontend in kernel.frontends.keys where frontends[frontend]?.desired == nil {
            sentences.append("\(frontend) is too many")
        }
        let wanted = Set(hairpin.filter(\.value.desired).keys)
        for address in kernel.hairpin.symmetricDifference(wanted) { sentences.append("hairpin \(address) differs") }
        return sentences.sorted()
    }
}

extension ServiceTablePair {
    /// How the kernel's tables differ from the rules, a sentence each; empty when they are equal.
    package func differences(from kernel: [TableID: TableSnapshot]) -> [String] {
        tables.flatMap { $0.differences(from: kernel[$0.layout.table]) }
    }
}
