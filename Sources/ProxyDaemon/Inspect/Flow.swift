import NetworkTypes

/// What somebody asks about: from where, to where.
struct Flow: Sendable, Hashable {
    let source: IPAddress
    let destination: IPAddress
    /// The number in the IP header (IANA).
    let proto: UInt8
    /// 0 for ICMP.
    let port: UInt16

    /// Reads an address, and `ADDRESS:PORT/PROTO`, `[ADDRESS]:PORT/PROTO` or `ADDRESS/icmp`; TCP where no protocol is named.
    ///
    /// - Throws: `ConfigurationError` that names what cannot be read.
    init(from sourceText: String, to text: String) throws(ConfigurationError) {
        guard let source = IPAddress(sourceText) else {
            throw ConfigurationError("\"\(sourceText)\" is no address; write such as 10.244.0.7 or fd00::7")
        }
        let usage = "write ADDRESS:PORT/PROTO, such as 10.96.0.1:443/tcp, [fd00::1]:53/udp or 10.96.0.1/icmp"
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.count > 1 ? parts[1].lowercased() : "tcp"
        self.source = source
        if name == "icmp" || name == "icmpv6" {
            guard let address = Self.address(parts[0]) else {
                throw ConfigurationError("\"\(text)\" is no destination; \(usage)")
            }
            destination = address
            proto = address.family == .ipv4 ? 1 : 58
            port = 0
        } else {
            guard let proto = TransportProtocol.allCases.first(where: { $0.rawValue.lowercased() == name }) else {
                throw ConfigurationError("\"\(text)\": \"\(name)\" is none of tcp, udp, sctp, icmp; \(usage)")
            }
            guard let colon = parts[0].lastIndex(of: ":"), let port = UInt16(parts[0][parts[0].index(after: colon)...]),
                let address = Self.address(parts[0][..<colon]),
                address.family == .ipv4 || parts[0].hasPrefix("[")
            else { throw ConfigurationError("\"\(text)\" is no destination; \(usage)") }
            destination = address
            self.proto = proto.number
            self.port = port
        }
        guard source.family == destination.family else {
            throw ConfigurationError("\(source) and \(destination) are of two families")
        }
    }
    /// An address, in brackets or not.
    private static func address(_ text: Substring) -> IPAddress? { IPAddress(text.filter { $0 != "[" && $0 != "]" }) }
}
