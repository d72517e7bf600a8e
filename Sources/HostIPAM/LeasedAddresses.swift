package import NetworkTypes

/// The addresses of both families that are leased.
package struct LeasedAddresses: Sendable, Hashable {
    private var v4 = AddressBitmap()
    private var v6 = AddressBitmap()

    package init() {}

    package subscript(_ family: IPFamily) -> AddressBitmap {
        get { family == .ipv4 ? v4 : v6 }
        set { if family == .ipv4 { v4 = newValue } else { v6 = newValue } }
    }

    package func contains(_ address: IPAddress) -> Bool { self[address.family].contains(address.value) }

    package mutating func insert(_ address: IPAddress) {
        if address.family == .ipv4 { v4.insert(address.value) } else { v6.insert(address.value) }
    }

    package mutating func remove(_ address: IPAddress) {
        if address.family == .ipv4 { v4.remove(address.value) } else { v6.remove(address.value) }
    }
}
