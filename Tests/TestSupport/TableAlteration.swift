/// Something that somebody else does to one of Fairway's tables, with nft.
package struct TableAlteration: Sendable, CustomStringConvertible {
    package let name: String
    /// What the sentence says of the table.
    private let words: String
    private let act: Act

    private enum Act: Sendable {
        /// Commands; TABLE stands for the table.
        case commands(String)
        /// The table is saved, changed and loaded again.
        case edit(@Sendable (String) -> String)
    }

    /// The table that it is done to: `ip fairway`.
    private var table = "ip fairway"

    package var description: String { "\(table): \(name)" }

    /// The same, done to another table.
    package func on(_ table: String) -> TableAlteration {
        var copy = self
        copy.table = table
        return copy
    }

    /// The sentence, or a part of it, in which Fairway says what was wrong.
    package var sentence: String { "table \(table): \(words)" }

    package init(_ name: String, _ words: String, commands: String) {
        self.name = name
        self.words = words
        act = .commands(commands)
    }

    package init(_ name: String, _ words: String, edit: @escaping @Sendable (String) -> String) {
        self.name = name
        self.words = words
        act = .edit(edit)
    }

    package func apply(in namespace: NetNS) async throws {
        switch act {
        case .commands(let commands):
            try await namespace.nft(commands.replacing("TABLE", with: table))
        case .edit(let edit):
            let text = try await namespace.demand("nft", "list table \(table)")
            let edited = edit(text)
            guard edited != text else { throw UselessAlteration(name: name, text: text) }
            try await namespace.nft("delete table \(table)\n\(edited)")
        }
    }

    /// Replaces every occurrence of a text.
    package static func replacing(
        _ name: String, _ words: String, _ old: String, with new: String
    ) -> TableAlteration {
        TableAlteration(name, words) { $0.replacing(old, with: new) }
    }

    /// Changes the rules of a chain, a line each.
    package static func rules(
        _ name: String, _ words: String, of chain: String, _ change: @escaping @Sendable ([Substring]) -> [Substring]
    ) -> TableAlteration {
        TableAlteration(name, words) { text in
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            guard let start = lines.firstIndex(of: "\tchain \(chain) {"),
                let end = lines[start...].firstIndex(of: "\t}")
            else { return text }
            let body = lines[(start + 1)..<end]
            let head = body.filter { $0.hasPrefix("\t\ttype ") }
            let rules = change(body.filter { !$0.hasPrefix("\t\ttype ") })
            return (lines[...start] + head + rules + lines[end...]).joined(separator: "\n")
        }
    }

    /// What can be done to the rules of any chain.
    package static func rules(of chain: String, count: Int) -> [TableAlteration] {
        var alterations = [
            TableAlteration(
                "\(chain): no rules", "chain \(chain): 0 rules, not \(count)", commands: "flush chain TABLE \(chain)"),
            rules("\(chain): a rule less", "chain \(chain): \(count - 1) rules, not \(count)", of: chain) {
                $0.dropLast()
            },
            TableAlteration(
                "\(chain): a rule more", "chain \(chain): \(count + 1) rules, not \(count)",
                commands: "insert rule TABLE \(chain) accept"),
            rules("\(chain): another rule", "chain \(chain): rule 1 is another one", of: chain) {
                ["\t\tcounter accept"] + $0.dropFirst()
            },
        ]
        if count > 1 {
            alterations.append(
                rules("\(chain): another order", "chain \(chain): rule 1 is another one", of: chain) {
                    Array($0.reversed())
                })
        }
        return alterations
    }
}

/// An edit that left the listing as it was: the test would show nothing.
private struct UselessAlteration: Error {
    let name: String
    let text: String
}

extension NetNS {
    /// Gives nft commands, a line each, which it carries out all or none.
    package func nft(_ commands: String) async throws {
        let outcome = try await RunningProcess(
            Programs.path(of: "nft"), ["-f", "-"], input: commands + "\n", in: self
        ).outcome()
        guard outcome.exitCode == 0 else {
            throw ProgramFailure(program: "nft", arguments: [commands], outcome: outcome)
        }
    }
}
