import NetworkTypes
import TestSupport
import Testing

/// What `explain` says of connections, in the words of what came of them.
extension Bed {
    /// Asks the rules that the first node's kernel has, with no daemon running.
    ///
    /// - Returns: what `explain` says of each connection, by its number.
    func explain(_ probes: [Probe]) async throws -> [Int: Explained] {
        let lines = probes.map { probe in
            let target = probe.row.targets[probe.family] ?? "-"
            let place =
                probe.proto == "icmp"
                ? "\(target)/icmp"
                : "\(probe.family == .ipv4 ? target : "[\(target)]"):\(probe.row.port)/\(probe.proto)"
            return "\(probe.row.sourceAddresses[probe.family] ?? "-") \(place)"
        }
        let program = try Programs.built("fairway-proxy", root: Programs.root(of: #filePath))
        let outcome = try await RunningProcess(
            program, ["explain", "-"], input: lines.joined(separator: "\n") + "\n", in: hosts["n1"]
        ).outcome(within: 60)
        #expect(outcome.exitCode == 0, "\(outcome.errorOutput)")
        let answers = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
        return Dictionary(uniqueKeysWithValues: zip(probes, answers).map { ($0.number, Explained($1)) })
    }
}

/// One line of `explain -`.
struct Explained {
    let words: [Substring]

    init(_ line: Substring) { words = line.split(separator: " ") }

    /// Whether it is what came of the connection.
    ///
    /// - Parameter answer: in `probe.py`'s words.
    func agrees(with answer: String, _ probe: Probe) -> Bool {
        let parts = answer.split(separator: " ")
        let seen = Set(parts.filter { $0.contains("<") }.map(String.init))
        if !seen.isEmpty {
            let said = Set(words.compactMap { Self.server($0, probe) })
            // Who passes the rules as he is, is answered by whoever has the address.
            if words.allSatisfy({ $0.hasPrefix("passed:") }), words.count == 1 {
                return seen.count == 1 && ["world", "echo-reply"].contains { seen.first?.hasPrefix($0) == true }
                    || said == seen
            }
            return said == seen
        }
        let said = Set(words)
        switch parts.first {
        case "refused": return said == ["reset"] || isToNode
        case "icmp-port", "icmp-protocol": return said == ["unreachable"] || isToNode
        case "eperm": return said == ["unreachable"] || said == ["dropped"]
        case "timeout": return said == ["dropped"]
        default: return false
        }
    }

    /// It passes to the node itself, which refuses where no server listens.
    private var isToNode: Bool {
        guard words.count == 1, words[0].hasPrefix("passed:") else { return false }
        let address = words[0].dropFirst("passed:".count).prefix { $0 != "," }
        return Self.ownAddresses.contains(String(address))
    }

    private static let ownAddresses: Set<String> = [
        "10.10.30.11", "10.10.31.11", "10.244.1.1", "127.0.0.1", "fd00:30::11", "fd00:31::11", "fd00:10:244:1::1",
        "::1",
    ]

    /// Who answers, and what he sees.
    private static func server(_ word: Substring, _ probe: Probe) -> String? {
        let parts = word.drop { $0 != ":" }.dropFirst().split(separator: ",")
        guard parts.count == 3, word.hasPrefix("answered:") || word.hasPrefix("passed:") else { return nil }
        guard let name = names[String(parts[0])] else { return "\(parts[0])<\(parts[2])" }
        return "\(name)<\(parts[2])"
    }

    private static let names: [String: String] = {
        var names: [String: String] = [:]
        for (node, letter) in [(1, "a"), (2, "b")] {
            for pod in 1...3 {
                names["10.244.\(node).1\(pod)"] = "\(letter)\(pod)"
                names["fd00:10:244:\(node)::1\(pod)"] = "\(letter)\(pod)"
            }
            names["10.10.30.1\(node)"] = "n\(node)"
            names["fd00:30::1\(node)"] = "n\(node)"
        }
        names["10.10.30.50"] = "ext"
        names["fd00:30::50"] = "ext"
        return names
    }()
}
