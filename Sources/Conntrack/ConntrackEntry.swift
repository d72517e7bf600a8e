package import NetworkTypes

/// A connection that the kernel keeps, in both directions.
package struct ConntrackEntry: Sendable, Hashable {
    /// What a packet of one direction says: where it comes from and where it goes.
    package struct Tuple: Sendable, Hashable {
        package let source: IPAddress
        package let destination: IPAddress
        /// The number in the IP header (IANA).
        package let proto: UInt8
        /// 0 for a protocol without ports.
        package let sourcePort: UInt16
        package let destinationPort: UInt16

        package init(
            from source: IPAddress, _ sourcePort: UInt16 = 0, to destination: IPAddress,
            _ destinationPort: UInt16 = 0, proto: UInt8
        ) {
            self.source = source
            self.destination = destination
            self.proto = proto
            self.sourcePort = sourcePort
            self.destinationPort = destinationPort
        }
    }

    /// The first packet as it was sent.
    package let original: Tuple
    /// The answers as they are sent: from whoever serves, to the client or to the address it was masqueraded to.
    package let reply: Tuple

    package init(original: Tuple, reply: Tuple) {
        self.original = original
        self.reply = reply
    }
}
