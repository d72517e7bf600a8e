package import NetworkTypes

/// The first packet of a connection on its way through rules, with what they have made of it.
package struct WalkedPacket: Sendable, Hashable {
    package var source: IPAddress
    package var destination: IPAddress
    /// The number in the IP header (IANA).
    package var proto: UInt8
    package var sourcePort: UInt16 = 0
    /// 0 for a protocol without ports.
    package var destinationPort: UInt16
    package var inputInterface = ""
    package var outputInterface = ""
    package var mark: UInt32 = 0
    package var priority: UInt32 = 0
    /// Its destination has been translated.
    package var isTranslated = false
    /// Its source becomes an address of the link that it leaves by.
    package var isMasqueraded = false
    /// The comment of the last element that was found and has one: who wanted it.
    package var owner: String?
    /// What rules added to sets and deleted from them (nil) since it came, by set and key.
    var memory: [Memory: [UInt32]?] = [:]

    struct Memory: Hashable {
        let set: String
        let key: [UInt32]
    }

    package init(from source: IPAddress, to destination: IPAddress, proto: UInt8, port: UInt16) {
        self.source = source
        self.destination = destination
        self.proto = proto
        destinationPort = port
    }

    /// Bytes of its headers, as far as rules look at them: addresses and ports; the rest is 0.
    func payload(_ base: Expression.PayloadBase, _ offset: Int, _ length: Int) -> [UInt8]? {
        var header: [UInt8]
        switch base {
        case .link: return nil
        case .network:
            let isIPv4 = source.family == .ipv4
            header = [UInt8](repeating: 0, count: isIPv4 ? 12 : 8) + source.bytes + destination.bytes
            header[Int(Expression.protocolOffset(source.family))] = proto
        case .transport:
            header = [sourcePort, destinationPort].flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
        }
        header += [UInt8](repeating: 0, count: max(0, offset + length - header.count))
        return Array(header[offset..<offset + length])
    }
}
