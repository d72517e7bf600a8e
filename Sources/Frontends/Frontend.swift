package import NetworkTypes

/// What a client connects to: one address (or every local one), a protocol and a port.
package struct Frontend: Sendable, Hashable {
    package enum Destination: Sendable, Hashable {
        /// A cluster IP, load balancer IP or external IP.
        case address(IPAddress)
        /// A node port, on the node's own addresses of a family.
        case nodePort(IPFamily)
    }

    package let destination: Destination
    package let proto: TransportProtocol
    package let port: UInt16

    package init(_ destination: Destination, _ proto: TransportProtocol, _ port: UInt16) {
        self.destination = destination
        self.proto = proto
        self.port = port
    }

    /// As few words as tell frontends apart, because every change looks for some several times.
    package func hash(into hasher: inout Hasher) {
        let key = UInt64(proto.number) << 16 | UInt64(port)
        switch destination {
        case .address(let address):
            let value = address.value
            hasher.combine(UInt64(truncatingIfNeeded: value))
            if address.family == .ipv6 { hasher.combine(UInt64(truncatingIfNeeded: value >> 64)) }
            hasher.combine(key)
        case .nodePort(let family): hasher.combine(key | (family == .ipv4 ? 1 : 2) << 32)
        }
    }

    package var family: IPFamily {
        switch destination {
        case .address(let address): address.family
        case .nodePort(let family): family
        }
    }
}

extension Frontend: CustomStringConvertible {
    package var description: String {
        switch destination {
        case .address(let address): "\(address.description(port: port))/\(proto.rawValue)"
        case .nodePort(let family): "node port \(port)/\(proto.rawValue) \(family.rawValue)"
        }
    }
}

/// Where a connection to a frontend goes: an endpoint's address and port.
///
/// Kept in three words, because a node holds hundreds of thousands.
package struct Backend: Sendable, Hashable {
    private let high: UInt64
    private let low: UInt64
    package let port: UInt16
    private let isIPv4: Bool

    package init(_ address: IPAddress, _ port: UInt16) {
        let value = address.value
        high = UInt64(truncatingIfNeeded: value >> 64)
        low = UInt64(truncatingIfNeeded: value)
        self.port = port
        isIPv4 = address.family == .ipv4
    }

    private init(_ other: Backend, _ port: UInt16) {
        (high, low, isIPv4) = (other.high, other.low, other.isIPv4)
        self.port = port
    }

    package var family: IPFamily { isIPv4 ? .ipv4 : .ipv6 }

    /// The same address with another port.
    func on(_ port: UInt16) -> Backend { Backend(self, port) }

    package static func == (a: Backend, b: Backend) -> Bool {
        a.low == b.low && a.port == b.port && a.high == b.high && a.isIPv4 == b.isIPv4
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(low)
        if !isIPv4 { hasher.combine(high) }
        hasher.combine(port)
    }

    /// The address as a number.
    package var addressValue: UInt128 { UInt128(high) << 64 | UInt128(low) }

    package var address: IPAddress { IPAddress(family: family, value: addressValue) }
}

extension Backend: Comparable {
    package static func < (a: Backend, b: Backend) -> Bool {
        if a.low != b.low, a.high == b.high { return a.low < b.low }
        return (a.high, a.port) < (b.high, b.port)
    }
}

extension Backend: CustomStringConvertible {
    package var description: String { address.description(port: port) }
}
