import NFTables
import NetworkTypes

/// One of the small sets of ranges, as it should be and as the kernel has it.
struct RangeSet {
    /// The sets of this kind.
    static let names = [TableLayout.serviceNetworks, TableLayout.nodeAddresses, TableLayout.localSources]

    let name: String
    /// Ranges that neither overlap nor touch.
    var desired: [AddressRange] = []
    var kernel: [AddressRange] = []
    /// What was there at the start.
    var found: [AddressRange] = []

    var isSettled: Bool { desired == kernel }

    init(_ name: String) { self.name = name }

    /// Appends what leads from the kernel's content to the desired one, and takes it as committed.
    mutating func appendChanges(to delta: inout ElementDelta) {
        if isSettled { return }
        delta.changeRanges(of: name, from: kernel, to: desired)
        kernel = desired
    }
}

extension Elements {
    /// Appends a range of addresses.
    mutating func append(_ range: AddressRange, _ family: IPFamily) {
        words.append(address: range.first, family)
        words.append(address: range.last, family)
    }

    /// The range of addresses that an element's key is.
    func range(_ index: Int) -> AddressRange { AddressRange(key(index).addressValue, lastKey(index).addressValue) }
}
