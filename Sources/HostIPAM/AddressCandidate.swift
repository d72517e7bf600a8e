package import NetworkTypes

/// An address that a pod may get.
package struct AddressCandidate: Sendable, Hashable {
    /// The address with its subnet's prefix length.
    package let address: CIDR
    package let gateway: IPAddress

    /// Returns nil when the address is not of the range's family.
    package init?(_ address: IPAddress, in range: AddressRange) {
        guard address.family == range.subnet.family,
            let cidr = CIDR(address, prefixLength: range.subnet.prefixLength)
        else { return nil }
        self.address = cidr
        gateway = range.gateway
    }
}

/// A run of addresses of one range, without any hole.
struct Stretch: Sendable, Hashable {
    let range: AddressRange
    let values: ClosedRange<UInt128>

    /// What is left of the stretch when the holes are taken out, in ascending order.
    ///
    /// - Parameter holes: in ascending order of their first addresses.
    func without(_ holes: [ClosedRange<UInt128>]) -> [Stretch] {
        var left: [Stretch] = []
        var next = values.lowerBound
        for hole in holes where hole.upperBound >= next {
            guard hole.lowerBound <= values.upperBound else { break }
            if hole.lowerBound > next { left.append(Stretch(range: range, values: next...(hole.lowerBound - 1))) }
            guard hole.upperBound < values.upperBound else { return left }
            next = hole.upperBound + 1
        }
        return left + [Stretch(range: range, values: next...values.upperBound)]
    }
}
