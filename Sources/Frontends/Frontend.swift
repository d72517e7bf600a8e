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
        case .address(.v6(let address)): "[\(address)]:\(port)/\(proto.rawValue)"
        case .address(let address): "\(address):\(port)/\(proto.rawValue)"
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
    package let family: IPFamily

    package init(_ address: IPAddress, _ port: UInt16) {
        let value = address.value
        high = UInt64(truncatingIfNeeded: value >> 64)
        low = UInt64(truncatingIfNeeded: value)
        self.port = port
        family = address.family
    }

    /// The address as a number.
    package var addressValue: UInt128 { UInt128(high) << 64 | UInt128(low) }

    package var address: IPAddress { IPAddress(family: family, value: addressValue) }
}

extension Backend: Comparable {
    package static func < (a: Backend, b: Backend) -> Bool {
        (a.high, a.low, a.port) < (b.high, b.low, b.port)
    }
}

extension Backend: CustomStringConvertible {
    package var description: String { family == .ipv4 ? "\(address):\(port)" : "[\(address)]:\(port)" }
}

/// Which connections to a frontend leave with the node's own address as their source.
package enum Masquerade: UInt8, Sendable, Hashable {
    /// Those that do not come from a pod; none where the cluster's pod CIDRs are not known. For cluster IPs.
    case fromOutsideCluster
    /// All, so that answers pass this node again. For addresses that are reached from outside.
    case always
}

/// The backends of one port of a Service in one family; every frontend of that port shares them.
package struct PoolID: Sendable, Hashable, Comparable {
    /// Given once and never again; pools of the rules count from 1.
    package let number: Int
    package let family: IPFamily

    package init(_ number: Int, _ family: IPFamily) {
        self.number = number
        self.family = family
    }

    package static func < (a: PoolID, b: PoolID) -> Bool { (a.number, a.family) < (b.number, b.family) }
}

/// How a frontend is served.
package struct FrontendPolicy: Sendable, Hashable {
    package let pool: PoolID
    package let masquerade: Masquerade
    /// `namespace/name:port` of the Service, for people who read rules.
    package let owner: String

    package init(pool: PoolID, masquerade: Masquerade, owner: String) {
        self.pool = pool
        self.masquerade = masquerade
        self.owner = owner
    }
}
