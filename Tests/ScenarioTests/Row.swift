import NetworkTypes
import Testing

/// What was recorded of one Service, frontend and source in one setting: where it connects to and what comes of it.
struct Row: Sendable {
    let setting: String
    let service: String
    let frontend: String
    let source: String
    /// By family; nil where there is none.
    let sourceAddresses: [IPFamily: String]
    let targets: [IPFamily: String]
    let port: String
    /// What came of it by protocol and family: `tcp4`, `udp6`.
    let outcomes: [String: String]

    /// - Parameter line: `SETTING SERVICE FRONTEND SOURCE FROM4 FROM6 TO4 TO6 PORT | tcp4,udp4: a1<ca b1<ca ; tcp6: rst`.
    init(parsing line: Substring) throws {
        let words = line.prefix { $0 != "|" }.split(separator: " ").map(String.init)
        try #require(words.count == 9, "\(line)")
        (setting, service, frontend, source) = (words[0], words[1], words[2], words[3])
        sourceAddresses = [.ipv4: words[4], .ipv6: words[5]].filter { $0.value != "-" }
        targets = [.ipv4: words[6], .ipv6: words[7]].filter { $0.value != "-" }
        port = words[8]
        var outcomes: [String: String] = [:]
        for part in line.drop(while: { $0 != "|" }).dropFirst().split(separator: ";") {
            let pair = part.split(separator: ":", maxSplits: 1)
            let outcome = pair[1].drop { $0 == " " }
            for key in pair[0].split(separator: ",") {
                outcomes[key.filter { $0 != " " }] = String(outcome.reversed().drop { $0 == " " }.reversed())
            }
        }
        self.outcomes = outcomes
    }

    /// What comes of a connection that an endpoint makes to itself through a node that is not its own; nil for all others.
    ///
    /// Recorded as lost, it is masqueraded.
    var hairpin: String? {
        switch (service, source) {
        case ("svc-uid-nodename-missing", "a1"): "a1<node-bridge b1<a1"
        case ("svc-hostnet", "n2") where outcomes.values.contains { $0.contains("!timeout") }: "n1<node-b n2<node"
        case ("svc-remote-only", "b1"): "b1<node"
        // Where sources in the pods' networks are pods, and so choose from all endpoints.
        case ("svc-np-etp-local-none", "b1"), ("svc-lb-etp-local-none", "b1"):
            ["bridge", "ifprefix", "nodecidr", "nodetect"].contains(setting) ? nil : "b1<node"
        default: nil
        }
    }

    /// The name of what is tried: the same in all settings.
    var place: String { "\(service)/\(frontend)/\(source)" }
}

/// One connection's two ends, as `probe.py` takes it.
struct Probe: Sendable {
    let number: Int
    let row: Row
    let proto: String
    let family: IPFamily
    /// What should come of it, in `probe.py`'s words; of several things one, and the same one each time.
    let expected: Set<String>

    /// The sources that have to be asked for; all others are what the host takes by itself.
    private static let bound: Set<String> = ["ext2", "nodebr", "nodesec", "cb"]

    init?(_ number: Int, _ row: Row, _ key: String) {
        guard let outcome = row.outcomes[key], let digit = key.last else { return nil }
        self.number = number
        self.row = row
        proto = String(key.dropLast())
        family = digit == "4" ? .ipv4 : .ipv6
        let words = Self.expectation(outcome == "rst" ? outcome : row.hairpin ?? outcome, proto, family)
        expected = words.hasPrefix("one: ") ? Self.alternatives(words.dropFirst(5), row, family) : [words]
    }

    /// The namespace in which it begins.
    var host: String {
        switch row.source {
        case "node", "nodebr", "nodesec": "n1"
        case "ext2": "ext"
        default: row.source
        }
    }

    var line: String {
        let from = Self.bound.contains(row.source) ? row.sourceAddresses[family] ?? "-" : "-"
        let names = (expected.count == 1 ? expected : []).flatMap { $0.split(separator: " ") }
            .filter { $0.contains("<") }.map { String($0.prefix { $0 != "<" }) }
        return "\(number) \(proto) \(from) \(row.targets[family] ?? "-") \(row.port) "
            + (expected.count > 1 ? "one" : names.isEmpty ? "-" : names.joined(separator: ","))
    }

    /// Whom a Service with affinity may have chosen, each with the source that it sees, from the one that was recorded.
    private static func alternatives(_ recorded: Substring, _ row: Row, _ family: IPFamily) -> Set<String> {
        let isKeptLocal =
            row.service == "svc-affinity-itp-local"
            || (row.service == "svc-np-etp-local-affinity" && row.source == "ext")
        let source = String(recorded.drop { $0 != "<" }.dropFirst())
        let node = [address("node", family), address("node-bridge", family)]
        return Set(
            ["a1", "a2"].map { "\($0)<\(node.contains(source) ? node[1] : source)" }
                + (isKeptLocal ? [] : ["b1<\(node.contains(source) ? node[0] : source)"]))
    }

    /// The recorded words in those of `probe.py`, with the decided deviations: a TCP client gets a reset, an SCTP client of IPv4
    /// protocol unreachable.
    private static func expectation(_ outcome: String, _ proto: String, _ family: IPFamily) -> String {
        switch outcome {
        case "rst": "refused"
        case "icmp-port": proto == "tcp" ? "refused" : outcome
        case "timeout-after-icmp-port": family == .ipv4 ? "icmp-protocol" : "icmp-port"
        default:
            outcome.split(separator: " ").map { word in
                guard let mark = word.firstIndex(of: "<") else { return String(word) }
                let name = word[..<mark]
                let source = name == "echo-reply" ? "-" : address(word[word.index(after: mark)...], family)
                return "\(name)<\(source)"
            }.joined(separator: " ")
        }
    }

    private static func address(_ name: Substring, _ family: IPFamily) -> String {
        let addresses: [Substring: (String, String)] = [
            "node": ("10.10.30.11", "fd00:30::11"), "node-bridge": ("10.244.1.1", "fd00:10:244:1::1"),
            "node-b": ("10.10.30.12", "fd00:30::12"), "ca": ("10.244.1.20", "fd00:10:244:1::20"),
            "cb": ("10.244.3.20", "fd00:10:244:3::20"), "ext": ("10.10.30.50", "fd00:30::50"),
            "ext2": ("10.10.30.60", "fd00:30::60"), "a1": ("10.244.1.11", "fd00:10:244:1::11"),
            "b1": ("10.244.2.11", "fd00:10:244:2::11"),
        ]
        guard let pair = addresses[name] else { return String(name) }
        return family == .ipv4 ? pair.0 : pair.1
    }
}
