package import NetworkTypes

/// One port of the node that leads to a port of the pod (the capability `portMappings`).
package struct PortMapping: Sendable, Hashable {
    package var hostPort: UInt16
    package var containerPort: UInt16
    package var `protocol`: TransportProtocol
    /// `hostIP` as it was asked for; nil for none.
    ///
    /// The unspecified address of a family means every address of that family, and none of the other.
    package var hostAddress: IPAddress?

    package init(
        hostPort: UInt16, containerPort: UInt16, protocol: TransportProtocol = .tcp, hostAddress: IPAddress? = nil
    ) {
        self.hostPort = hostPort
        self.containerPort = containerPort
        self.protocol = `protocol`
        self.hostAddress = hostAddress
    }

    /// Whether a pod's address of this family is reached by the mapping.
    package func serves(_ family: IPFamily) -> Bool { hostAddress.map { $0.family == family } ?? true }

    /// The one address of the node that the mapping is for; nil where it is for all of them.
    package var specificHostAddress: IPAddress? { hostAddress.flatMap { $0.isUnspecified ? nil : $0 } }

    /// Reads `runtimeConfig.portMappings`; empty when there are none.
    ///
    /// Container runtimes send an entry for every port a pod declares, with host port 0 for those that ask for none:
    /// such an entry is left out, and so is one that says what an earlier one has said.
    ///
    /// - Throws: code 7 with the key's path and its value.
    package static func list(_ root: ConfigurationReader) throws(CNIError) -> [PortMapping] {
        guard let runtime = try root.reader("runtimeConfig") else { return [] }
        var mappings: [PortMapping] = []
        for reader in try runtime.readers("portMappings") {
            guard let mapping = try PortMapping(reader), !mappings.contains(mapping) else { continue }
            mappings.append(mapping)
        }
        return mappings
    }

    /// Reads one entry; nil when it asks for no host port.
    ///
    /// - Throws: code 7 with the key's path and its value.
    package init?(_ reader: ConfigurationReader) throws(CNIError) {
        let ports = 0...Int(UInt16.max)
        let hostPort = try reader.integer("hostPort", in: ports) ?? 0
        let containerPort = try reader.integer("containerPort", in: ports) ?? 0
        let name = try reader.string("protocol").flatMap { $0.isEmpty ? nil : $0 } ?? TransportProtocol.tcp.rawValue
        guard let transport = TransportProtocol(rawValue: name.uppercased()) else {
            throw reader.failure("protocol", "\"\(name)\" is none of tcp, udp and sctp")
        }
        let hostAddress = try reader.address("hostIP")?.unmapped
        guard hostPort != 0 else { return nil }
        guard containerPort != 0 else {
            throw reader.failure("containerPort", "\(containerPort) is not from 1 to 65535")
        }
        self.init(
            hostPort: UInt16(clamping: hostPort), containerPort: UInt16(clamping: containerPort), protocol: transport,
            hostAddress: hostAddress)
    }
}

extension PortMapping: CustomStringConvertible {
    /// The host's side in words, for errors: `tcp port 8080` or `udp port 53 of 192.0.2.1`.
    package var description: String {
        "\(`protocol`.rawValue.lowercased()) port \(hostPort)" + (specificHostAddress.map { " of \($0)" } ?? "")
    }
}
