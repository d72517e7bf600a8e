import FoundationEssentials
package import NetworkTypes

/// What a client saw.
package struct ConnectReport: Sendable, Hashable, Codable {
    /// Why a connection failed.
    package enum Failure: String, Sendable, Hashable, Codable, CaseIterable, CodingKeyRepresentable {
        /// A reset to the SYN, or a port-unreachable to the datagram.
        case refused
        /// No answer in time.
        case timeout
        /// A reset after the connection stood.
        case reset
        /// The network or the host cannot be reached.
        case unreachable
        /// The kernel would not send: EPERM, which is how a node sees its own refused datagram.
        case forbidden
        /// The server closed without an answer, or answered nonsense.
        case garbled
        /// Anything else, such as no free port.
        case other
    }

    package var attempts = 0
    package var succeeded = 0
    /// Answers by the name that the server gave.
    package var responders: [String: Int] = [:]
    /// Answers by the client's address that the server saw.
    package var clients: [String: Int] = [:]
    package var failures: [Failure: Int] = [:]
    package var seconds = 0.0
    /// From the first packet to the answer, in microseconds; 0 when there was none.
    package var p50Microseconds = 0
    package var p99Microseconds = 0
    package var maxMicroseconds = 0

    package init() {}

    package init(json: String) throws {
        guard let line = json.split(separator: "\n").last else { throw LabError("connect printed no report") }
        self = try JSONDecoder().decode(ConnectReport.self, from: Data(line.utf8))
    }

    package var failed: Int { failures.values.reduce(0, +) }

    /// The addresses that servers saw as the client's.
    package var clientAddresses: Set<IPAddress> { Set(clients.keys.compactMap { IPAddress($0) }) }

    /// New connections a second over the whole run.
    package var rate: Double { seconds > 0 ? Double(attempts) / seconds : 0 }

    mutating func finish(latencies: [Int], seconds: Double) {
        self.seconds = seconds
        let sorted = latencies.sorted()
        guard let last = sorted.last else { return }
        p50Microseconds = sorted[(sorted.count - 1) * 50 / 100]
        p99Microseconds = sorted[(sorted.count - 1) * 99 / 100]
        maxMicroseconds = last
    }

    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension ConnectReport: CustomStringConvertible {
    /// Several lines for a person: the totals, a bar per responder, the clients seen, the failures.
    package var description: String {
        var lines = ["\(succeeded) of \(attempts) answered in \((seconds * 1000).rounded() / 1000) s"]
        lines += BarChart(responders).lines
        if !clients.isEmpty {
            lines.append("seen as " + clients.keys.sorted().joined(separator: ", "))
        }
        if succeeded > 0 {
            lines.append("latency p50 \(p50Microseconds) µs, p99 \(p99Microseconds) µs, max \(maxMicroseconds) µs")
        }
        for (kind, count) in failures.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            lines.append("\(kind.rawValue): \(count)")
        }
        return lines.joined(separator: "\n")
    }
}

/// Counts as horizontal bars.
package struct BarChart: Sendable, Hashable {
    private let counts: [String: Int]

    package init(_ counts: [String: Int]) { self.counts = counts }

    /// One line per name, sorted, the longest bar 30 wide.
    package var lines: [String] {
        let most = counts.values.max() ?? 0
        let width = counts.keys.map(\.count).max() ?? 0
        return counts.sorted { $0.key < $1.key }.map { name, count in
            let bar = String(repeating: "█", count: most == 0 ? 0 : max(1, count * 30 / most))
            return name + String(repeating: " ", count: width - name.count) + "  \(bar) \(count)"
        }
    }
}
