/// A transport protocol that Services and host ports can name.
package enum TransportProtocol: String, Sendable, Hashable, CaseIterable {
    case tcp = "TCP"
    case udp = "UDP"
    case sctp = "SCTP"

    /// The protocol's number in the IP header (IANA).
    package var number: UInt8 {
        switch self {
        case .tcp: 6
        case .udp: 17
        case .sctp: 132
        }
    }

    package init?(number: UInt8) {
        guard let match = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = match
    }
}

extension TransportProtocol: Comparable {
    package static func < (a: TransportProtocol, b: TransportProtocol) -> Bool { a.number < b.number }
}
