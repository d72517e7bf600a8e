import ArgumentParser
import Glibc
import NFTables
import NetworkTypes

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say what the kernel's rules do with a connection: who answers, with which source, or why nobody.",
        discussion: """
            It walks the connection's first packet through the rules that are in the kernel now, whether a daemon runs or \
            not, with what the kernel knows of routes and of clients that keep their endpoints.

              fairway-proxy explain 10.244.0.7 10.96.0.10:53/udp
              fairway-proxy explain fd00::7 [fd00:96::1]:443
              fairway-proxy explain 10.244.0.7 10.96.0.10/icmp

            With - as SOURCE it reads lines "SOURCE DESTINATION" and answers each with one line.
            """)

    @Argument(help: ArgumentHelp("The client's address, or - for lines of standard input.", valueName: "SOURCE"))
    var source: String

    @Argument(help: ArgumentHelp("ADDRESS:PORT/PROTO, [ADDRESS]:PORT/PROTO or ADDRESS/icmp.", valueName: "DESTINATION"))
    var destination: String?

    func run() throws {
        let tables = try LiveTables()
        if source == "-" {
            while let line = readLine() {
                let words = line.split(separator: " ").map(String.init)
                guard words.count == 2 else {
                    throw ConfigurationError("\"\(line)\" is no SOURCE and DESTINATION, with a space between")
                }
                print(try tables.explain(try Flow(from: words[0], to: words[1])).line)
            }
            return
        }
        guard let destination else { throw ValidationError("Missing expected argument '<DESTINATION>'") }
        print(try tables.explain(try Flow(from: source, to: destination)).text)
    }
}

extension Explanation {
    /// One line for programs: each way once, sorted.
    var line: String { Set(ways.map(\.word)).sorted().joined(separator: " ") }

    /// For people.
    var text: String {
        var lines: [String] = []
        if let owner = ways.lazy.compactMap(\.owner).first { lines.append("\(owner) is addressed.") }
        let delivered = ways.filter { if case .delivered = $0.outcome { true } else { false } }
        if delivered.count > 1 { lines.append("One of \(delivered.count) answers, each with the same chance:") }
        for way in delivered {
            guard case .delivered(let address, let port, let from, let isTranslated) = way.outcome else { continue }
            let place = port == 0 ? "\(address)" : address.description(port: port)
            let source = way.isMasqueraded ? "\(from) (masqueraded)" : "\(from)"
            lines.append(
                isTranslated
                    ? "\(delivered.count > 1 ? "  " : "Answered by ")\(place), which sees \(source)"
                    : "No Service's: it goes on to \(place) as it is, from \(source)")
        }
        for way in ways {
            switch way.outcome {
            case .refused(let isReset):
                let how = isReset ? "a TCP reset" : "ICMP port unreachable"
                lines.append("Refused with \(how) (chain \(way.chain)): \(way.reason)")
            case .dropped: lines.append("Dropped (chain \(way.chain)): \(way.reason)")
            case .firewalled(let chain):
                lines.append(
                    "Ends in chain \(chain) (hook \(chain.point), \(chain.end)) unless a rule there lets it through, as "
                        + "\"ct status dnat accept\" does: see nft list chain \(chain)")
            case .unknown(let rule): lines.append("A rule that is not Fairway's decides (chain \(way.chain)): \(rule)")
            case .delivered: break
            }
        }
        return lines.joined(separator: "\n")
    }
}

extension Explanation.Way {
    fileprivate var word: String {
        switch outcome {
        case .delivered(let address, let port, let from, let isTranslated):
            "\(isTranslated ? "answered" : "passed"):\(address),\(port),\(from)"
        case .refused(let isReset): isReset ? "reset" : "unreachable"
        case .dropped: "dropped"
        case .unknown: "unknown"
        case .firewalled(let chain): "firewall:\(chain.table),\(chain.chain)"
        }
    }

    /// Why a connection ends in one of the chains that end some.
    fileprivate var reason: String {
        switch (chain, owner) {
        case ("check", _): "the client is in none of the Service's loadBalancerSourceRanges"
        case ("discard", nil): "no Service has this address, though it is one of a Service network"
        case ("discard", _): "no endpoint on this node, where the traffic policy looks for them only"
        case (_, nil): "the Service that has this address has no such port"
        default: "no endpoint is ready"
        }
    }
}
