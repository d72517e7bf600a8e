import NetworkTypes

/// Addresses of one family from a first to a last.
struct AddressRange: Hashable {
    let first: UInt128
    let last: UInt128

    init(_ first: UInt128, _ last: UInt128) {
        self.first = first
        self.last = last
    }

    init(_ cidr: CIDR) { self.init(cidr.first.value, cidr.last.value) }

    func contains(_ value: UInt128) -> Bool { first <= value && value <= last }

    /// The same addresses in ranges that neither overlap nor touch, in order.
    static func merged(_ ranges: some Sequence<AddressRange>) -> [AddressRange] {
        var merged: [AddressRange] = []
        for range in ranges.sorted(by: { $0.first < $1.first }) {
            if let end = merged.last, end.last == .max || range.first <= end.last + 1 {
                merged[merged.count - 1] = AddressRange(end.first, max(end.last, range.last))
            } else {
                merged.append(range)
            }
        }
        return merged
    }

    /// Everything of a family that lies in none of the ranges, which are merged.
    static func outside(_ ranges: [AddressRange], _ family: IPFamily) -> [AddressRange] {
        let end: UInt128 = family == .ipv4 ? UInt128(UInt32.max) : .max
        var outside: [AddressRange] = []
        var next: UInt128? = 0
        for range in ranges {
            if let first = next, first < range.first { outside.append(AddressRange(first, range.first - 1)) }
            next = range.last < end ? range.last + 1 : nil
        }
        if let first = next { outside.append(AddressRange(first, end)) }
        return outside
    }
}
