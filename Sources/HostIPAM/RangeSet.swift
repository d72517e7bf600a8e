import CNIProtocol
import JSON
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

    /// The range that an address lies in.
    package func range(of address: IPAddress) -> AddressRange? { ranges.first { $0.contains(address) } }

    /// The free address that is next in turn; nil when the pool is exhausted.
    ///
    /// The order is host-local's: from the address after the last one given out, round all ranges, so that a freed
    /// address rests as long as possible. Gateways and excluded addresses are left out.
    ///
    /// - Parameter last: the address given out last; nil or one outside the pool to begin at the first range.
    package func nextFree(after last: IPAddress?, leased: LeasedAddresses, excluding excluded: [CIDR])
        -> AddressCandidate?
    {
        let bitmap = leased[family]
        for stretch in stretches(after: last, excluding: excluded) {
            guard let value = bitmap.firstFree(in: stretch.values) else { continue }
            return AddressCandidate(IPAddress(family: family, value: value), in: stretch.range)
        }
        return nil
    }

    package var family: IPFamily { ranges.first?.subnet.family ?? .ipv4 }

    /// The pool's addresses in the order in which they are tried, each once.
    private func stretches(after last: IPAddress?, excluding excluded: [CIDR]) -> [Stretch] {
        let resume = last.flatMap { last in ranges.firstIndex { $0.contains(last) } }
        let first = resume ?? 0
        var stretches = (0..<ranges.count).map { offset in
            let range = ranges[(first + offset) % ranges.count]
            return Stretch(range: range, values: range.start.value...range.end.value)
        }
        if resume != nil, let last {
            let range = ranges[first]
            stretches.append(Stretch(range: range, values: range.start.value...last.value))
            if last == range.end {
                stretches.removeFirst()
            } else {
                stretches[0] = Stretch(range: range, values: (last.value + 1)...range.end.value)
            }
        }
        let gateways = ranges.map(\.gateway.value).map { $0...$0 }
        let networks = excluded.filter { $0.family == family }.map { $0.first.value...$0.last.value }
        let holes = (gateways + networks).sorted { $0.lowerBound < $1.lowerBound }
        return stretches.flatMap { $0.without(holes) }
    }
}

extension RangeSet: CustomStringConvertible {
    package var description: String { ranges.map(\.description).joined(separator: ",") }
}
