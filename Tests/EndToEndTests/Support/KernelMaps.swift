import Lab
import NFTables
import NetworkTypes

/// The maps of one family in a node's kernel, read word by word and not by the code that writes them.
struct KernelMaps: Sendable {
    private let family: IPFamily
    private let table: TableSnapshot?

    /// Call it on a thread inside the node's namespace.
    init(_ family: IPFamily, from connection: inout NFTConnection) throws {
        self.family = family
        table = try connection.dump(TableID(family: family, name: "fairway"))
    }

    /// Whether packets to this address and port belong to a Service.
    func hasFrontend(_ address: IPAddress, _ proto: TransportProtocol, _ port: UInt16) -> Bool {
        !elements("services", address, proto, port).isEmpty
    }

    /// The addresses that packets to this address and port are sent on to.
    func backends(_ address: IPAddress, _ proto: TransportProtocol, _ port: UInt16) -> Set<IPAddress> {
        // A backend is an address and, in the last word, a port.
        Set(elements("endpoints", address, proto, port).map { IPAddress(family: family, value: number($0.dropLast())) })
    }

    /// The data of the elements whose keys begin with an address, a protocol and a port.
    private func elements(_ set: String, _ address: IPAddress, _ proto: TransportProtocol, _ port: UInt16)
        -> [ArraySlice<UInt32>]
    {
        guard let elements = table?.sets[set]?.elements else { return [] }
        let words = family == .ipv4 ? 1 : 4
        return (0..<elements.count).filter { index in
            let key = Array(elements.key(index))
            return number(key[..<words]) == address.value && key[words] == UInt32(proto.number)
                && key[words + 1] == (UInt32(port) << 16).bigEndian
        }.map(elements.data)
    }

    private func number(_ words: ArraySlice<UInt32>) -> UInt128 { words.reduce(0) { $0 << 32 | UInt128($1.bigEndian) } }
}

extension Node {
    /// Reads this node's maps of one family.
    func kernelMaps(_ family: IPFamily) throws -> KernelMaps {
        try namespace.inside {
            var connection = try NFTConnection()
            return try KernelMaps(family, from: &connection)
        }
    }
}
