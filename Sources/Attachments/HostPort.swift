package import CNIProtocol
package import NetworkTypes

/// A port of the node that leads to one of the pod's.
package struct HostPort: Sendable, Hashable {
    package let proto: TransportProtocol
    /// The node's address that the port is on; nil for every local address, `0.0.0.0` and `::` for every one of a family.
    ///
    /// A loopback address is served with `PodDemand.onLoopback` only, and `::1` never: IPv6 has no route_localnet.
    package let hostAddress: IPAddress?
    package let hostPort: UInt16
    package let containerPort: UInt16

    package init(
        _ proto: TransportProtocol, _ hostPort: UInt16, to containerPort: UInt16, on hostAddress: IPAddress? = nil
    ) {
        self.proto = proto
        self.hostAddress = hostAddress
        self.hostPort = hostPort
        self.containerPort = containerPort
    }
}

extension HostPort {
    /// Reads `runtimeConfig.portMappings`; empty when there are none.
    ///
    /// Container runtimes send an entry for every port a pod declares, with host port 0 for those that ask for none:
    /// such an entry is left out, and so is one that says what an earlier one has said.
    ///
    /// - Throws: code 7 with the key's path and its value.
    package static func list(_ root: ConfigurationReader) throws(CNIError) -> [HostPort] {
        guard let runtime = try root.reader("runtimeConfig") else { return [] }
        var ports: [HostPort] = []
        for reader in try runtime.readers("portMappings") {
            guard let port = try HostPort(reader), !ports.contains(port) else { continue }
            ports.append(port)
        }
        return ports
    }

    /// Reads one entry; nil when it asks for no host port.
    private init?(_ reader: ConfigurationReader) throws(CNIError) {
        let ports = 0...Int(UInt16.max)
        let hostPort = try reader.integer("hostPort", in: ports) ?? 0
        let containerPort = try reader.integer("containerPort", in: ports) ?? 0
        let name = try reader.string("protocol").flatMap { $0.isEmpty ? nil : $0 } ?? TransportProtocol.tcp.rawValue
        guard let proto = TransportProtocol(rawValue: name.uppercased()) else {
            throw reader.failure("protocol", "\"\(name)\" is none of tcp, udp and sctp")
        }
        let hostAddress = try reader.address("hostIP")?.unmapped
        guard hostPort != 0 else { return nil }
        guard containerPort != 0 else {
            throw reader.failure("containerPort", "\(containerPort) is not from 1 to 65535")
        }
        self.init(proto, UInt16(clamping: hostPort), to: UInt16(clamping: containerPort), on: hostAddress)
    }
}

extension HostPort: CustomStringConvertible {
    /// As a runtime's user writes it: `10.0.0.1:8080/tcp`.
    package var description: String {
        let port = "\(hostPort)/\(proto.rawValue.lowercased())"
        switch hostAddress {
        case .v6(let address): return "[\(address)]:\(port)"
        case .v4(let address): return "\(address):\(port)"
        case nil: return port
        }
    }
}
