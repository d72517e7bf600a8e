/// Addresses of one family from a first to a last.
package struct AddressRange: Sendable, Hashable {
    package let first: UInt128
    package let last: UInt128

    package init(_ first: UInt128, _ last: UInt128) {
        self.first = first
        self.last = last
    }

    package init(_ cidr: CIDR) { self.init(cidr.first.value, cidr.last.value) }

    package func contains(_ value: UInt128) -> Bool { first <= value && value <= last }

    /// The same addresses in ranges that neither overlap nor touch, in order.
    package static func merged(_ ranges: some Sequence<AddressRange>) -> [AddressRange] {
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

    /// All addresses of a family.
    package static func everything(_ family: IPFamily) -> AddressRange {
        AddressRange(0, family == .ipv4 ? UInt128(UInt32.max) : .max)
    }

    /// Everything of a family that lies in none of the ranges, which are merged.
    package static func outside(_ ranges: [AddressRange], _ family: IPFamily) -> [AddressRange] {
        let end = everything(family).last
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
