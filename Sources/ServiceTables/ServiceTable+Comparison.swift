import Frontends
package import NFTables
import NetworkTypes

extension ServiceTable {
    /// How a dumped table differs from this one's desired state, a sentence each.
    ///
    /// Backends compare as sets; counters' values, unused shapes and the order of slots play no part.
    func differences(from snapshot: TableSnapshot?) throws(NewerFormat) -> [String] {
        guard let snapshot else { return ["table \(layout.table) does not exist"] }
        let finding = try Self.inspect(snapshot, layout, rules)
        var sentences = finding.comparison.differences.map(\.text)
        if finding.comparison.needsNewTable { return sentences }
        let kernel = KernelTable(snapshot, layout)
        var strays = Transaction()
        kernel.strays.append(to: &strays, in: layout.table)
        sentences += strays.operations.map { "\($0) is needed: strays" }
        let found = Set(finding.shapes)
        for (frontend, state) in kernel.frontends {
            for shape in [state.shape, state.checked, state.local].compactMap(\.self)
            where !shape.isFixed && !found.contains(shape) {
                sentences.append("\(frontend) goes to \(shape.chainName), which is missing")
            }
        }
        sentences += frontendDifferences(from: kernel).map(\.text)
        for (name, wanted, addresses) in [
            (TableLayout.hairpin, hairpin.desired, kernel.hairpin),
            (TableLayout.clusterIPs, clusterIPs.desired, kernel.clusterIPs),
        ] {
            sentences += addresses.symmetricDifference(wanted).map { "\(name) \($0) differs" }
        }
        for set in ranges where set.desired != kernel.ranges[set.name] ?? [] {
            sentences.append("\(set.name) differ")
        }
        return sentences.sorted()
    }

    /// The frontends that are not as they should be, each with what is wrong with it.
    func frontendDifferences(from kernel: KernelTable) -> [(frontend: Frontend, text: String)] {
        var differences: [(frontend: Frontend, text: String)] = []
        var policies = frontends.compactMapValues(\.desired)
        for (frontend, policy) in refused { policies[frontend] = policy }
        for (frontend, policy) in policies {
            let backends = Set(pools[policy.pool]?.slots ?? [])
            let local = Set(policy.local.flatMap { pools[$0]?.slots } ?? [])
            guard let state = kernel.frontends[frontend] else {
                differences.append((frontend, "\(frontend) is missing"))
                continue
            }
            let wanted = wanted(frontend, policy)
            let shapes = [wanted.shape, wanted.checked, wanted.local]
            let found = [state.shape, state.checked, state.local]
            if found != shapes {
                let words = [found, shapes].map { $0.map { $0?.chainName ?? "-" }.joined(separator: ", ") }
                differences.append((frontend, "\(frontend) goes to \(words[0]), not \(words[1])"))
            }
            if state.sources != wanted.sources { differences.append((frontend, "\(frontend) has other sources")) }
            if wanted.local != nil, Set(state.localSlots) != local {
                let text = "\(frontend) has local backends \(state.localSlots), not \(local.sorted())"
                differences.append((frontend, text))
            }
            if state.comment != wanted.comment {
                differences.append((frontend, "\(frontend) says \(state.comment), not \(policy.owner)"))
            }
            if Set(state.slots) != backends {
                let text = "\(frontend) has backends \(state.slots), not \(backends.sorted())"
                differences.append((frontend, text))
            }
            if !kernel.counted.contains(frontend) { differences.append((frontend, "\(frontend) is not counted")) }
        }
        for frontend in kernel.frontends.keys where policies[frontend] == nil {
            differences.append((frontend, "\(frontend) is too many"))
        }
        return differences
    }
}

extension ServiceTablePair {
    /// How the kernel's tables differ from the objects, a sentence each; empty when they are equal.
    package func differences(from kernel: [TableID: TableSnapshot]) throws(NewerFormat) -> [String] {
        var sentences: [String] = []
        for table in tablesByFamily { sentences += try table.differences(from: kernel[table.layout.table]) }
        return sentences
    }
}
