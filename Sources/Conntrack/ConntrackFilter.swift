package import NetworkTypes

/// Says which connections are to go: those to certain ports, by who answers them.
package struct ConntrackFilter: Sendable, Hashable {
    /// What a client addressed.
    package struct Destination: Sendable, Hashable {
        package let proto: TransportProtocol
        package let port: UInt16
        /// nil for every address.
        package let address: IPAddress?

        package init(_ proto: TransportProtocol, _ port: UInt16, address: IPAddress? = nil) {
            self.proto = proto
            self.port = port
            self.address = address
        }
    }

    /// Who answers, in the family of the connection; of the other family nobody does.
    package enum ReplySource: Sendable, Hashable {
        case anyone
        case equals(IPAddress)
        case differs(from: IPAddress)
    }

    package var destinations: Set<Destination>
    package var replySource: ReplySource

    package init(_ destinations: Set<Destination>, replySource: ReplySource = .anyone) {
        self.destinations = destinations
        self.replySource = replySource
    }

    package func selects(_ entry: ConntrackEntry) -> Bool {
        guard let proto = TransportProtocol(number: entry.original.proto) else { return false }
        let port = entry.original.destinationPort
        guard
            destinations.contains(Destination(proto, port))
                || destinations.contains(Destination(proto, port, address: entry.original.destination))
        else { return false }
        switch replySource {
        case .anyone: return true
        case .equals(let address): return entry.reply.source == address
        case .differs(let address):
            return entry.reply.source.family == address.family && entry.reply.source != address
        }
    }

    /// What all destinations share, by which the kernel can choose before it answers (5.8).
    ///
    /// Older kernels send everything; `selects` decides in any case.
    struct Narrowing: Hashable {
        var proto: TransportProtocol?
        /// nil without a protocol: the kernel compares no port alone.
        var port: UInt16?
    }

    var narrowing: Narrowing {
        guard let first = destinations.first, destinations.allSatisfy({ $0.proto == first.proto }) else {
            return Narrowing()
        }
        let hasOnePort = destinations.allSatisfy { $0.port == first.port }
        return Narrowing(proto: first.proto, port: hasOnePort ? first.port : nil)
    }
}
