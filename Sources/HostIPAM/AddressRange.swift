package import CNIProtocol
package import NetworkTypes

/// A run of addresses in one subnet that pods may get, and the subnet's gateway.
package struct AddressRange: Sendable, Hashable {
    package let subnet: CIDR
    package let start: IPAddress
    /// Inclusive.
    package let end: IPAddress
    package let gateway: IPAddress

    /// Reads `{"subnet", "rangeStart", "rangeEnd", "gateway"}` with host-local's defaults.
    ///
    /// The gateway and the start default to the subnet's first host address, the end to the last one that is no
    /// IPv4 broadcast address. The gateway itself is never given to a pod.
    package init(_ reader: ConfigurationReader) throws(CNIError) {
        guard let subnet = try reader.cidr("subnet") else { throw reader.failure("subnet", "it is missing") }
        guard subnet.isNetwork else {
            throw reader.failure("subnet", "\(subnet) has host bits set; the network is \(subnet.network)")
        }
        guard subnet.hostBits >= 2 else {
            throw reader.failure("subnet", "\(subnet) is too small to hold a gateway and a pod")
        }
        let family = subnet.family
        let first = IPAddress(family: family, value: subnet.first.value + 1)
        let last = IPAddress(family: family, value: subnet.last.value - (family == .ipv4 ? 1 : 0))
        start = try Self.address(reader, "rangeStart", in: subnet) ?? first
        end = try Self.address(reader, "rangeEnd", in: subnet) ?? last
        guard start <= end else { throw reader.failure("rangeEnd", "\(end) comes before the start \(start)") }
        gateway = try reader.address("gateway") ?? first
        guard gateway.family == family else {
            throw reader.failure("gateway", "\(gateway) is not of the family of subnet \(subnet)")
        }
        self.subnet = subnet
        if let block = ReservedBlock.all.first(where: { $0.meets(start, end) }) {
            throw reader.failure(
                "subnet",
                "\(start)-\(end) has \(block.kind) addresses (\(block.network)), which no pod can have: give a network that "
                    + "the cluster routes, such as \(family == .ipv4 ? "10.244.1.0/24" : "fd00:10:244:1::/64")")
        }
    }

    private static func address(_ reader: ConfigurationReader, _ key: String, in subnet: CIDR) throws(CNIError)
        -> IPAddress?
    {
        guard let address = try reader.address(key) else { return nil }
        guard subnet.contains(address) else { throw reader.failure(key, "\(address) is not in subnet \(subnet)") }
        return address
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.family == subnet.family && start <= address && address <= end
    }

    func overlaps(_ other: AddressRange) -> Bool {
        subnet.family == other.subnet.family && start <= other.end && other.start <= end
    }
}

extension AddressRange: CustomStringConvertible {
    package var description: String { "\(start)-\(end)" }
}
