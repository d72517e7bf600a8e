import Lab
import NetworkTypes

/// Counters in a node's kernel of what becomes of a flood's packets, which are dropped before a flow is confirmed: each packet
/// is a new flow, and no entry or reply is kept.
struct LeakCounters {
    enum Name: String {
        /// Left for a backend.
        case backend
        /// Left with a Service's address as its destination.
        case leaked
        /// Was answered with a port-unreachable.
        case refused
    }

    private let node: Node
    private let table: String

    /// - Parameters:
    ///   - addresses: of Services.
    ///   - nodePort: one that is theirs, at the node's own address.
    init(_ node: Node, _ family: IPFamily, addresses: [IPAddress], nodePort: (address: IPAddress, port: UInt16)? = nil)
        throws
    {
        self.node = node
        table = family == .ipv4 ? "ip" : "ip6"
        let input = nodePort.map { address, port in
            """
            chain input {
                type filter hook input priority -300;
                \(table) daddr \(address) udp dport \(port) ct status ! dnat counter name leaked drop
            }
            """
        }
        try node.namespace.nft(
            """
            table \(table) leak {
                counter backend { }
                counter leaked { }
                counter refused { }
                chain forward {
                    type filter hook forward priority -300;
                    \(table) daddr { \(addresses.map(\.description).joined(separator: ", ")) } counter name leaked drop
                    udp dport 8080 counter name backend drop
                }
                \(input ?? "")
                chain output {
                    type filter hook output priority 0;
                    \(family == .ipv4 ? "icmp" : "icmpv6") type destination-unreachable counter name refused
                }
            }
            """)
    }

    func packets(_ name: Name) throws -> Int { try Self.packets(node, table, "leak", name.rawValue) }

    /// What a named counter of a table counts.
    static func packets(_ node: Node, _ family: String, _ table: String, _ name: String) throws -> Int {
        let words = try node.namespace.check(["nft", "list", "counter", family, table, name])
            .split(whereSeparator: \.isWhitespace)
        guard let index = words.firstIndex(of: "packets"), let number = Int(words[index + 1]) else {
            throw LabError("no packets in \(words)")
        }
        return number
    }
}
