package import NFTables

extension TableSnapshot {
    /// All that the table holds, a line each, whatever the order in the kernel.
    package var lines: Swift.Set<String> {
        var lines: Swift.Set<String> = ["flags \(flags)"]
        for (name, chain) in chains {
            lines.insert("chain \(name): \(String(describing: chain.hook)) \(String(describing: chain.hook?.policy))")
            for (number, rule) in chain.rules.enumerated() { lines.insert("chain \(name), rule \(number): \(rule)") }
        }
        for (name, set) in sets {
            lines.insert("set \(set.declaration) \(set.hasCatchall)")
            let elements = set.elements
            for index in 0..<elements.count {
                let keys = "\(elements.key(index)) to \(elements.lastKey(index))"
                lines.insert("\(name): \(keys): \(elements.data(index)) \(elements.comment(index) ?? "")")
            }
            for verdict in set.verdicts { lines.insert("\(name): \(verdict.key): \(verdict.verdict)") }
        }
        return lines
    }
}
