/// nft's data types (`enum datatypes`): what a set's key or a map's data is, and how long it is.
package enum DataType: UInt32, Sendable, Hashable, CaseIterable {
    case integer = 4
    case ipv4Address = 7
    case ipv6Address = 8
    case etherAddress = 9
    case protocolNumber = 12
    case port = 13
    case mark = 19
    case classID = 23
    case interfaceName = 41

    /// The length of one value in bytes, without the padding that follows it in a concatenation.
    package var length: Int {
        switch self {
        case .protocolNumber: 1
        case .port: 2
        case .integer, .ipv4Address, .mark, .classID: 4
        case .etherAddress: 6
        case .ipv6Address, .interfaceName: 16
        }
    }

    /// The length in bytes as it is kept in registers and keys, a multiple of four.
    package var paddedLength: Int { (length + 3) & ~3 }

    /// nft's number of a concatenation: six bits each, the first part most significant.
    package static func concatenation(_ types: [DataType]) -> UInt32 { types.reduce(0) { $0 << 6 | $1.rawValue } }

    /// The parts of a concatenation's number; nil when one of them is unknown here.
    package static func parts(of concatenation: UInt32) -> [DataType]? {
        var parts: [DataType] = []
        var rest = concatenation
        while rest > 0 {
            guard let part = DataType(rawValue: rest & 63) else { return nil }
            parts.append(part)
            rest >>= 6
        }
        return parts.reversed()
    }
}
