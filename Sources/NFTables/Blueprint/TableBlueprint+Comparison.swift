extension TableBlueprint {
    /// Compares a dumped table with what it should be, elements apart.
    ///
    /// - Parameters:
    ///   - variable: further chains that may be there, by name, as they should be then.
    ///   - variableSets: the names of further sets that may be there.
    /// - Throws: where a later release made the table: then nothing in it may be touched.
    package func compare(
        _ snapshot: TableSnapshot, variable: [String: Chain] = [:], variableSets: Set<String> = []
    ) throws(NewerFormat) -> TableComparison {
        var comparison = TableComparison()
        let isOlder = try compareFormat(snapshot, &comparison)
        if snapshot.unreadable > 0 {
            comparison.differences.append(
                TableDifference(.declaration, "\(snapshot.unreadable) rules or sets cannot be read"))
        }
        compareFlags(snapshot, &comparison)
        compareSets(snapshot, isOlder: isOlder, &comparison)
        compareChains(snapshot, variable, variableSets, &comparison)
        comparison.isOlder = isOlder
        if isOlder {
            // Nobody's doing but the older release's, as far as anybody can tell.
            comparison.differences = comparison.differences.map {
                $0.kind == .mendable && !snapshot.flags.contains(.dormant) ? TableDifference(.outdated, $0.text) : $0
            }
        }
        if comparison.needsNewTable { comparison.mending = [] }
        return comparison
    }

    /// - Returns: whether an older release made the table.
    private func compareFormat(
        _ snapshot: TableSnapshot, _ comparison: inout TableComparison
    ) throws(NewerFormat) -> Bool {
        guard let set = snapshot.sets[Self.formatSet.name] else {
            comparison.differences.append(TableDifference(.outdated, "set \(Self.formatSet.name) is missing"))
            comparison.mending += formatCreation
            return format > 1
        }
        let found = Self.formats(in: snapshot)
        try Self.checkFormat(of: table, snapshot, known: format)
        if set.declaration == Self.formatSet, found == [format] { return false }
        let isOlder = set.declaration == Self.formatSet && found.count == 1 && (1..<format).contains(found[0])
        comparison.differences.append(
            TableDifference(.mendable, "set \(Self.formatSet.name) does not hold \(format)"))
        comparison.mending += [.deleteSet(table, set: Self.formatSet.name)] + formatCreation
        return isOlder
    }

    /// - Throws: where a later release made the table than one that knows these formats.
    package static func checkFormat(
        of table: TableID, _ snapshot: TableSnapshot, known: UInt32
    ) throws(NewerFormat) {
        guard let newer = formats(in: snapshot).max(), newer > known else { return }
        throw NewerFormat(table: table, format: newer, known: known)
    }

    private static func formats(in snapshot: TableSnapshot) -> [UInt32] {
        guard let elements = snapshot.sets[formatSet.name]?.elements else { return [] }
        return (0..<elements.count).compactMap { elements.key($0).first }
    }

    private func compareFlags(_ snapshot: TableSnapshot, _ comparison: inout TableComparison) {
        let found = snapshot.flags
        if found == flags { return }
        let kind: TableDifference.Kind =
            if flags.contains(.owner), found == flags.subtracting(.owner) {
                // Its owner has ended, and this is the next one.
                .outdated
            } else if found == .persist || (found.isEmpty && flags == .owned) {
                .superseded
            } else {
                found.symmetricDifference(flags) == .dormant ? .mendable : .declaration
            }
        let (has, wants) = (found.isEmpty ? "no flags" : "flags \(found)", flags.isEmpty ? "" : ", not \(flags)")
        comparison.differences.append(TableDifference(kind, "the table has \(has)\(wants)"))
        comparison.mending.append(.setFlags(table, flags))
    }

    private func compareSets(
        _ snapshot: TableSnapshot, isOlder: Bool, _ comparison: inout TableComparison
    ) {
        for set in sets {
            let kind = set.data == nil ? "set" : "map"
            guard let found = snapshot.sets[set.name] else {
                if isOlder {
                    // A newer release's, which no rule of the table knows yet.
                    comparison.differences.append(TableDifference(.outdated, "\(kind) \(set.name) is missing"))
                    comparison.mending.append(.addSet(table, set))
                    continue
                }
                comparison.differences.append(TableDifference(.declaration, "\(kind) \(set.name) is missing"))
                continue
            }
            for text in set.differences(in: found.declaration) {
                comparison.differences.append(TableDifference(.declaration, "\(kind) \(set.name): \(text)"))
            }
            if found.hasCatchall {
                comparison.differences.append(
                    TableDifference(.mendable, "\(kind) \(set.name) has an element for all keys (*)"))
                comparison.mending.append(.deleteCatchall(table, set: set.name))
            }
        }
    }

    /// Flushes before it deletes, deletes before it adds, and adds chains before the rules that lead to them.
    private func compareChains(
        _ snapshot: TableSnapshot, _ variable: [String: Chain], _ variableSets: Set<String>,
        _ comparison: inout TableComparison
    ) {
        var flushes: [Transaction.Operation] = []
        var removals: [Transaction.Operation] = []
        var additions = Transaction()
        var rules = Transaction()
        let present = variable.values.filter { snapshot.chains[$0.name] != nil }.sorted { $0.name < $1.name }
        for chain in chains + present {
            guard let found = snapshot.chains[chain.name] else {
                comparison.differences.append(TableDifference(.mendable, "chain \(chain.name) is missing"))
                additions.operations.append(.addChain(table, chain))
                rules.addRules(of: chain, in: table)
                continue
            }
            if let text = chain.placeDifference(in: found.hook) {
                comparison.differences.append(TableDifference(.mendable, "chain \(chain.name): \(text)"))
                flushes.append(.flushChain(table, chain: chain.name))
                removals.append(.deleteChain(table, chain: chain.name))
                additions.operations.append(.addChain(table, chain))
                rules.addRules(of: chain, in: table)
                continue
            }
            if let wanted = chain.hook?.policy, let policy = found.hook?.policy, wanted != policy {
                comparison.differences.append(
                    TableDifference(.mendable, "chain \(chain.name): policy \(policy), not \(wanted)"))
                additions.operations.append(.setPolicy(table, chain: chain.name, wanted))
            }
            if chain.rules != found.rules {
                comparison.differences.append(
                    TableDifference(.mendable, "chain \(chain.name): \(chain.ruleDifference(in: found.rules))"))
                flushes.append(.flushChain(table, chain: chain.name))
                rules.addRules(of: chain, in: table)
            }
        }
        let known = Set(chains.map(\.name))
        for name in snapshot.chains.keys.sorted() where !known.contains(name) && variable[name] == nil {
            comparison.differences.append(TableDifference(.mendable, "chain \(name) is nobody's"))
            flushes.append(.flushChain(table, chain: name))
            removals.append(.deleteChain(table, chain: name))
        }
        let own = variableSets.union(sets.map(\.name) + [Self.formatSet.name])
        for name in snapshot.sets.keys.sorted() where !own.contains(name) {
            comparison.differences.append(TableDifference(.mendable, "set \(name) is nobody's"))
            // Before the chains, to which its elements may lead.
            removals.insert(.deleteSet(table, set: name), at: 0)
        }
        comparison.mending += flushes + removals + additions.operations + rules.operations
    }
}

extension SetDeclaration {
    /// In what another declaration of the same name is not this one, in words.
    fileprivate func differences(in found: SetDeclaration) -> [String] {
        var texts: [String] = []
        if found.data == nil, data != nil { texts.append("a set, not a map") }
        if found.data != nil, data == nil { texts.append("a map, not a set") }
        if found.keyType != keyType || found.keyLength != keyLength { texts.append("keys of another type") }
        if let other = found.data, let data, other != data { texts.append("data of another type") }
        let differing = found.flags.symmetricDifference(flags).subtracting(.map)
        if !differing.isEmpty { texts.append("other flags (\(differing.names))") }
        if found.size != size { texts.append("size \(found.size), not \(size == 0 ? "unlimited" : "\(size)")") }
        if found.timeout != timeout { texts.append("a timeout of \(found.timeout) ms, not \(timeout)") }
        if found.gcInterval != gcInterval { texts.append("a gc-interval of \(found.gcInterval) ms, not \(gcInterval)") }
        if found.policy != policy { texts.append("another policy") }
        if found.elementExpressions != elementExpressions { texts.append("elements do something else when found") }
        if texts.isEmpty, found != self { texts.append("a declaration that nft shows otherwise") }
        return texts
    }
}

extension SetFlags {
    fileprivate var names: String {
        let known: [(SetFlags, String)] = [
            (.constant, "constant"), (.interval, "interval"), (.timeout, "timeout"), (.dynamic, "dynamic"),
            (.object, "object"), (.concatenation, "concatenation"),
        ]
        var text = ""
        for (flag, name) in known where contains(flag) { text += text.isEmpty ? name : ",\(name)" }
        return text.isEmpty ? "\(rawValue)" : text
    }
}

extension Chain {
    /// How a chain of the same name is attached otherwise, policy apart, in words; nil where it is not.
    fileprivate func placeDifference(in found: Hook?) -> String? {
        switch (hook, found) {
        case (nil, nil): return nil
        case (nil, let found?): return "\(found), not reached by verdicts only"
        case (let hook?, nil): return "not attached, not \(hook)"
        case (let hook?, let found?): return found.description == hook.description ? nil : "\(found), not \(hook)"
        }
    }

    fileprivate func ruleDifference(in found: [Rule]) -> String {
        if found.count < rules.count { return "\(found.count) rules, not \(rules.count)" }
        if found.count > rules.count { return "\(found.count) rules, not \(rules.count)" }
        let number = zip(found, rules).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0
        return "rule \(number + 1) is another one"
    }
}

extension Chain.Hook.Policy: CustomStringConvertible {
    package var description: String { self == .drop ? "drop" : "accept" }
}
