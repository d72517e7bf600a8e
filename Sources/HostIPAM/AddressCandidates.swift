package import NetworkTypes

/// An address that a pod may get.
package struct AddressCandidate: Sendable, Hashable {
    /// The address with its subnet's prefix length.
    package let address: CIDR
    package let gateway: IPAddress
}

/// The addresses of a range set in the order in which they are tried; see `RangeSet.candidates`.
package struct AddressCandidates: Sequence, IteratorProtocol {
    /// A run of addresses of one range that is still to come.
    private struct Segment {
        let range: AddressRange
        var next: UInt128
        let end: UInt128
    }

    private var segments: ArraySlice<Segment>
    private let skipped: [CIDR]

    init(_ set: RangeSet, after last: IPAddress?, excluding excluded: [CIDR]) {
        let ranges = set.ranges
        let resume = last.flatMap { last in ranges.firstIndex { $0.contains(last) } }
        let first = resume ?? 0
        var segments = (0..<ranges.count).map { offset in
            let range = ranges[(first + offset) % ranges.count]
            return Segment(range: range, next: range.start.value, end: range.end.value)
        }
        if resume != nil, let last {
            let range = ranges[first]
            segments.append(Segment(range: range, next: range.start.value, end: last.value))
            if last == range.end { segments.removeFirst() } else { segments[0].next = last.value + 1 }
        }
        self.segments = segments[...]
        skipped = excluded + ranges.compactMap { CIDR($0.gateway, prefixLength: $0.gateway.family.addressBits) }
    }

    package mutating func next() -> AddressCandidate? {
        while let segment = segments.first {
            let range = segment.range
            let address = IPAddress(family: range.subnet.family, value: segment.next)
            let hole = skipped.first { $0.contains(address) }
            let used = hole?.last.value ?? segment.next
            if used >= segment.end { segments.removeFirst() } else { segments[segments.startIndex].next = used + 1 }
            if hole == nil, let cidr = CIDR(address, prefixLength: range.subnet.prefixLength) {
                return AddressCandidate(address: cidr, gateway: range.gateway)
            }
        }
        return nil
    }
}
