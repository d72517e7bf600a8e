/// A set or a map as it is declared.
///
/// Types are nft's: each part of a concatenation is a six-bit number, the first part most significant. User data holds
/// what only nft itself reads (byte orders, `typeof`); without it nft lists some keys in a way that it can't load.
package struct SetDeclaration: Sendable, Hashable {
    /// What a map's elements hold.
    package enum Data: Sendable, Hashable {
        /// nft's type and the length in bytes, a multiple of four.
        case value(type: UInt32, length: Int)
        case verdict
    }

    package let name: String
    package let keyType: UInt32
    /// In bytes, a multiple of four.
    package let keyLength: Int
    /// nil for a set.
    package let data: Data?
    /// Each element's key is a range from a first to a last value, part by part in a concatenation.
    ///
    /// A key of a single part has to be a multiple of four bytes long, in network byte order.
    package let isInterval: Bool
    /// Each element counts the packets and bytes that found it.
    package let hasCounter: Bool
    package let userData: [UInt8]

    package init(
        _ name: String, keyType: UInt32, keyLength: Int, data: Data? = nil, isInterval: Bool = false,
        hasCounter: Bool = false, userData: [UInt8]
    ) {
        self.name = name
        self.keyType = keyType
        self.keyLength = keyLength
        self.data = data
        self.isInterval = isInterval
        self.hasCounter = hasCounter
        self.userData = userData
    }

    /// The number of 32-bit words of a key.
    package var keyWords: Int { keyLength / 4 }

    /// The number of 32-bit words of an element's data; 0 for sets and verdict maps.
    package var dataWords: Int {
        if case .value(_, let length) = data { length / 4 } else { 0 }
    }

    /// The parts of the key; nil when one is of a type that `DataType` does not know.
    var keyParts: [DataType]? { DataType.parts(of: keyType) }

    /// A type of more than six bits is a concatenation.
    package var keyForm: Elements.KeyForm { !isInterval ? .value : keyType < 64 ? .range : .concatenatedRange }
}
