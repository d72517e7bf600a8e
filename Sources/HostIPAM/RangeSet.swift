import CNIProtocol
package import NetworkTypes

/// Ranges of one family that together are one pool: a pod gets one address from each set.
package struct RangeSet: Sendable, Hashable {
    package let ranges: [AddressRange]

    /// Reads a list of ranges.
    ///
    /// - Parameter path: the list's place in the configuration, for errors.
    init(_ elements: [JSONValue], path: String) throws(CNIError) {
        var ranges: [AddressRange] = []
        for (index, element) in elements.enumerated() {
            let place = "\(path)[\(index)]"
            guard case .object(let object) = element else {
                throw CNIError(.invalidConfiguration, "invalid \(place): it is \(element.kind), not a range object")
            }
            let range = try AddressRange(ConfigurationReader(object, path: place))
            if let other = ranges.first(where: { $0.subnet.family != range.subnet.family }) {
                throw CNIError(
                    .invalidConfiguration,
                    "invalid \(place): \(range.subnet) and \(other.subnet) are of two families; each needs its own set")
            }
            if let other = ranges.first(where: { $0.overlaps(range) }) {
                throw CNIError(.invalidConfiguration, "invalid \(place): range \(range) overlaps \(other)")
            }
            ranges.append(range)
        }
        guard !ranges.isEmpty else { throw CNIError(.invalidConfiguration, "invalid \(path): it holds no range") }
        self.ranges = ranges
    }

    func overlaps(_ other: RangeSet) -> Bool {
        ranges.contains { range in other.ranges.contains { $0.overlaps(range) } }
    }

    /// Every address of the pool, each once, in the order in which they are tried.
    ///
    /// The order is host-local's: from the address after the last one given out, round all ranges, so that a freed
    /// address rests as long as possible. Gateways and excluded addresses are left out.
    ///
    /// - Parameter last: the address given out last; nil or one outside the pool to begin at the first range.
    package func candidates(after last: IPAddress?, excluding excluded: [CIDR]) -> AddressCandidates {
        AddressCandidates(self, after: last, excluding: excluded)
    }

    /// Whether no address of the pool is free.
    package func isExhausted(leased: Set<IPAddress>, excluding excluded: [CIDR]) -> Bool {
        !candidates(after: nil, excluding: excluded).contains { !leased.contains($0.address.address) }
    }
}

extension RangeSet: CustomStringConvertible {
    package var description: String { ranges.map(\.description).joined(separator: ",") }
}
