/// A set or a map as it is declared: everything that the kernel lets nobody change afterwards.
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
    package var flags: SetFlags
    /// What each element executes when it is found, by the kernel's names: `counter`.
    package var elementExpressions: [String]
    /// How many elements there may be; 0 for no limit.
    package var size: UInt32 = 0
    /// In milliseconds; 0 for none.
    package var timeout: UInt64 = 0
    /// In milliseconds; 0 for the kernel's own.
    package var gcInterval: UInt32 = 0
    /// `enum nft_set_policies`; 0 (performance) unless somebody asked for less memory.
    package var policy: UInt32 = 0
    package let userData: [UInt8]

    /// - Parameters:
    ///   - isInterval: each element's key is a range from a first to a last value, part by part in a concatenation. A
    ///     key of a single part has to be a multiple of four bytes long then, in network byte order.
    ///   - hasCounter: each element counts the packets and bytes that found it.
    package init(
        _ name: String, keyType: UInt32, keyLength: Int, data: Data? = nil, isInterval: Bool = false,
        hasCounter: Bool = false, userData: [UInt8]
    ) {
        self.name = name
        self.keyType = keyType
        self.keyLength = keyLength
        self.data = data
        self.userData = userData
        elementExpressions = hasCounter ? ["counter"] : []
        flags = []
        if isInterval { flags.insert(.interval) }
        if data != nil { flags.insert(.map) }
        if keyForm == .concatenatedRange { flags.insert(.concatenation) }
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
    package var keyForm: Elements.KeyForm {
        !flags.contains(.interval) ? .value : keyType < 64 ? .range : .concatenatedRange
    }
}

/// What kind of set it is (`enum nft_set_flags`).
package struct SetFlags: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Of one rule, without a name of its own.
    package static let anonymous = SetFlags(rawValue: 0x1)
    /// Elements can't change once a rule uses it.
    package static let constant = SetFlags(rawValue: 0x2)
    package static let interval = SetFlags(rawValue: 0x4)
    package static let map = SetFlags(rawValue: 0x8)
    /// Elements may end by themselves.
    package static let timeout = SetFlags(rawValue: 0x10)
    /// Rules may add elements.
    package static let dynamic = SetFlags(rawValue: 0x20)
    /// Elements name stateful objects.
    package static let object = SetFlags(rawValue: 0x40)
    /// Ranges in each part of a concatenation.
    package static let concatenation = SetFlags(rawValue: 0x80)
}
