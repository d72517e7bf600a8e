import NetworkTypes

/// A value for each address of a family; IPv4's numbers are kept in a quarter of the room that IPv6's take, because a node
/// holds hundreds of thousands.
struct AddressStates<Value> {
    private let isIPv4: Bool
    private var short: [UInt32: Value] = [:]
    private var long: [UInt128: Value] = [:]

    init(_ family: IPFamily) { isIPv4 = family == .ipv4 }

    /// Changes an address's value, makes it, or removes it: nil is none.
    mutating func update<Result>(_ address: UInt128, _ body: (inout Value?) -> Result) -> Result {
        isIPv4 ? body(&short[UInt32(truncatingIfNeeded: address)]) : body(&long[address])
    }

    /// The addresses with such values, in no order.
    func all(where condition: (Value) -> Bool) -> [(address: UInt128, value: Value)] {
        var found: [(address: UInt128, value: Value)] = []
        for (address, value) in short where condition(value) { found.append((UInt128(address), value)) }
        for (address, value) in long where condition(value) { found.append((address, value)) }
        return found
    }
}
