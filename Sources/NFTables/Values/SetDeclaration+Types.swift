extension SetDeclaration {
    /// Declares a set or a map as nft does: `type ipv4_addr . inet_service : ipv4_addr; flags interval`.
    package init(
        _ name: String, type key: [DataType], data: [DataType]? = nil, isInterval: Bool = false,
        hasCounter: Bool = false
    ) {
        self.init(
            name, key, data, isInterval: isInterval, hasCounter: hasCounter,
            typeRecords: UserData.concatenation(3, key) + (data.map { UserData.concatenation(4, $0) } ?? []))
    }

    /// Declares a set or a map as nft does: `typeof meta l4proto . th dport : ip daddr . th dport`.
    ///
    /// `dnat` to an address and a port works for every protocol only if a map's data were declared as `th dport`.
    package init(
        _ name: String, typeof key: [TypeOf], data: [TypeOf]? = nil, isInterval: Bool = false, hasCounter: Bool = false
    ) {
        self.init(
            name, key.map(\.type), data?.map(\.type), isInterval: isInterval, hasCounter: hasCounter,
            typeRecords: UserData.typeof(3, key) + (data.map { UserData.typeof(4, $0) } ?? []))
    }

    /// Declares a set or a map that rules add to: `flags dynamic,timeout`.
    ///
    /// It grows as it is filled, up to the number that the kernel allows from when the first such rule names it.
    ///
    /// - Parameter milliseconds: how long elements live; 0 where each rule tells.
    package init(dynamic name: String, type key: [DataType], data: [DataType]? = nil, milliseconds: UInt64 = 0) {
        self.init(name, type: key, data: data)
        flags.formUnion([.dynamic, .timeout])
        size = Self.dynamicSize
        timeout = milliseconds
    }

    /// What the kernel makes of no size.
    static let dynamicSize: UInt32 = 0xffff

    /// Declares a map of verdicts as nft does: `type classid : verdict`.
    package init(verdicts name: String, type key: [DataType]) {
        self.init(
            name, keyType: DataType.concatenation(key), keyLength: key.reduce(0) { $0 + $1.paddedLength },
            data: .verdict, isInterval: false, hasCounter: false,
            userData: UserData.byteOrder(0, key) + UserData.record(1, number: 0) + UserData.concatenation(3, key)
                + UserData.record(6, number: 0))
    }

    private init(
        _ name: String, _ key: [DataType], _ data: [DataType]?, isInterval: Bool, hasCounter: Bool,
        typeRecords: [UInt8]
    ) {
        let dataLength = data?.reduce(0) { $0 + $1.paddedLength }
        self.init(
            name, keyType: DataType.concatenation(key), keyLength: key.reduce(0) { $0 + $1.paddedLength },
            data: data.map { .value(type: DataType.concatenation($0), length: dataLength ?? 0) },
            isInterval: isInterval, hasCounter: hasCounter,
            userData: UserData.byteOrder(0, key) + (data.map { UserData.byteOrder(1, $0) } ?? []) + typeRecords
                + (data == nil ? [] : UserData.record(6, number: 0)))
    }
}

/// What `typeof` can name: where in a packet, or in what the kernel knows of it, a part of a key comes from.
package enum TypeOf: Sendable, Hashable {
    /// `ip saddr`, `ip6 saddr`.
    case sourceAddress(TableFamily)
    /// `ip daddr`, `ip6 daddr`.
    case destinationAddress(TableFamily)
    /// `th dport`.
    case destinationPort
    /// `ether saddr`.
    case etherSource
    /// `meta l4proto`.
    case transportProtocol
    /// `iifname`.
    case inputInterface
    /// `meta priority`.
    case priority
    /// `numgen random mod N`.
    case random(modulus: UInt32)

    package var type: DataType {
        switch self {
        case .sourceAddress(let family), .destinationAddress(let family):
            family == .ip6 ? .ipv6Address : .ipv4Address
        case .destinationPort: .port
        case .etherSource: .etherAddress
        case .transportProtocol: .protocolNumber
        case .inputInterface: .interfaceName
        case .priority: .classID
        case .random: .integer
        }
    }

    /// nft's number of the kind of expression (`enum expr_types`) and of what it takes: a protocol's description and
    /// field for a payload, the key for `meta`.
    fileprivate var numbers: (expression: UInt32, arguments: [UInt32]) {
        switch self {
        case .sourceAddress(let family): (7, family == .ip6 ? [13, 8] : [12, 11])
        case .destinationAddress(let family): (7, family == .ip6 ? [13, 9] : [12, 12])
        case .destinationPort: (7, [11, 2])
        case .etherSource: (7, [17, 2])
        case .transportProtocol: (9, [Expression.MetaKey.transportProtocol.rawValue])
        case .inputInterface: (9, [Expression.MetaKey.inputInterfaceName.rawValue])
        case .priority: (9, [Expression.MetaKey.priority.rawValue])
        // The kind (NFT_NG_RANDOM), the modulus, the offset.
        case .random(let modulus): (23, [1, modulus, 0])
        }
    }
}

/// The user data of sets as nft 1.0.6 writes it: records of a type, a length and a value.
///
/// Types: 0 and 1 the byte orders of key and data, 3 and 4 the `typeof` of key and data, 6 whether data are intervals.
private enum UserData {
    /// nft's number of the expression "concatenation".
    private static let concatenation: UInt32 = 13

    static func record(_ type: UInt8, _ value: [UInt8]) -> [UInt8] {
        [type, UInt8(truncatingIfNeeded: value.count)] + value
    }

    /// A number in host byte order, little-endian as all of Fairway's targets are.
    static func record(_ type: UInt8, number: UInt32) -> [UInt8] {
        record(type, (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
    }

    /// 0 mixed or of one byte, 1 host, 2 network.
    static func byteOrder(_ type: UInt8, _ parts: [DataType]) -> [UInt8] {
        guard parts.count == 1, let part = parts.first else { return record(type, number: 0) }
        switch part {
        case .protocolNumber: return record(type, number: 0)
        case .integer, .mark, .classID, .interfaceName: return record(type, number: 1)
        case .ipv4Address, .ipv6Address, .etherAddress, .port: return record(type, number: 2)
        }
    }

    /// What nft writes for a `type` of several parts: a concatenation of nothing.
    static func concatenation(_ type: UInt8, _ parts: [DataType]) -> [UInt8] {
        parts.count < 2 ? [] : record(type, record(0, number: concatenation) + record(1, []))
    }

    static func typeof(_ type: UInt8, _ parts: [TypeOf]) -> [UInt8] {
        if parts.count == 1, let part = parts.first { return record(type, expression(part)) }
        let nested = parts.enumerated().flatMap { record(UInt8(truncatingIfNeeded: $0), expression($1)) }
        return record(type, record(0, number: concatenation) + record(1, nested))
    }

    private static func expression(_ part: TypeOf) -> [UInt8] {
        let (expression, arguments) = part.numbers
        let nested = arguments.enumerated().flatMap { record(UInt8(truncatingIfNeeded: $0), number: $1) }
        return record(0, number: expression) + record(1, nested)
    }
}
