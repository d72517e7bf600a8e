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
            (TableLayout.endpointAddresses, endpointAddresses.desired, kernel.endpointAddresses),
        ] {
            sentences += wanted.symmetricDifference(addresses).map {
                "\(name) \(IPAddress(family: layout.family, value: $0)) differs"
            }
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
        var ports = StickyPairs()
        for (frontend, policy) in refused { policies[frontend] = policy }
        for (frontend, policy) in policies {
            let backends = Set(pools[policy.pool]?.slots ?? [])
            let local = Set(policy.local.flatMap { pools[$0]?.slots } ?? [])
            guard let state = kernel.frontends[frontend] else {
                differences.append((frontend, "\(frontend) is missing"))
                continue
            }
            let wanted = ports.renumbered(wanted(frontend, policy), as: state)
            if let text = ports.difference(of: policy, state, kernel) {
                differences.append((frontend, "\(frontend) \(text)"))
            }
            let shapes = [wanted.shape, wanted.checked, wanted.local]
            let found = [state.shape, state.checked, state.local]
            if found != shapes {
                let words = [found, shapes].map { $0.map { $0?.chainName ?? "-" }.joined(separator: ", ") }
                differences.append((frontend, "\(frontend) goes to \(words[0]), not \(words[1])"))
            }
            if state.sources != wanted.sources { differences.append((frontend, "\(frontend) has other sources")) }
            if wanted.hasLocal, Set(state.localSlots) != local {
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

extension ServiceTable.KernelState {
    /// Outsiders have backends of their own.
    fileprivate var hasLocal: Bool { local != nil || inner.kind == .stickyExternal }
}

/// Which of the kernel's numbers is which of ours: numbers are given in any order.
private struct StickyPairs {
    private var ours: [StickyNumber: StickyNumber] = [:]
    private var kernels: [StickyNumber: StickyNumber] = [:]

    /// The state with the number that the kernel has for the same port; unchanged where that cannot be.
    mutating func renumbered(
        _ wanted: ServiceTable.KernelState, as state: KernelTable.FrontendState
    ) -> ServiceTable.KernelState {
        let inner = wanted.inner
        guard let our = inner.sticky, let their = state.sticky,
            ours[our] ?? their == their, kernels[their] ?? our == our
        else { return wanted }
        ours[our] = their
        kernels[their] = our
        var copy = wanted
        let shape = Shape(inner.kind, their.rawValue)
        if wanted.checked == nil { copy.shape = shape } else { copy.checked = shape }
        return copy
    }

    /// What of a frontend's port is not as it should be.
    func difference(
        of policy: FrontendPolicy, _ state: KernelTable.FrontendState, _ kernel: KernelTable
    ) -> String? {
        guard let port = state.sticky.flatMap({ kernel.sticky[$0] }) else { return nil }
        if let seconds = policy.affinity?.seconds, port.seconds != seconds {
            return "remembers clients for \(port.seconds) s, not \(seconds)"
        }
        for side in StickySide.allCases {
            let count = port.slots[side]?.count ?? 0
            let choice = count == 0 ? nil : Shape(choosing: side, among: count)
            if port.choices[side] != choice {
                return "chooses by \(port.choices[side]?.chainName ?? "nothing"), not \(choice?.chainName ?? "nothing")"
            }
        }
        return nil
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
