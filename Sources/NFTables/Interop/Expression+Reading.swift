import CNFTNL
import Glibc
import NetworkTypes

extension Expression {
    /// Reads an expression of the kernel's back into the value that makes it.
    ///
    /// What has any other attribute than that value would have is foreign: it means something else.
    init(_ expression: OpaquePointer) {
        let reader = unsafe ExpressionReader(raw: expression)
        self = Self.known(reader) ?? .foreign(reader.text)
    }

    private static func known(_ reader: ExpressionReader) -> Expression? {
        switch reader.name {
        case "payload": payload(reader)
        case "meta": meta(reader)
        case "cmp": compare(reader)
        case "bitwise": bitwise(reader)
        case "byteorder": byteOrder(reader)
        case "lookup": lookup(reader)
        case "numgen": random(reader)
        case "dynset": dynamic(reader)
        case "immediate": immediate(reader)
        case "nat": nat(reader)
        case "masq": masquerade(reader)
        case "reject": reject(reader)
        case "counter": .counter
        case "ct": conntrack(reader)
        case "fib": routing(reader)
        default: nil
        }
    }

    private static func payload(_ reader: ExpressionReader) -> Expression? {
        guard !reader.has(NFTNL_EXPR_PAYLOAD_SREG), let register = reader.register(NFTNL_EXPR_PAYLOAD_DREG),
            let base = PayloadBase(rawValue: reader.number(NFTNL_EXPR_PAYLOAD_BASE))
        else { return nil }
        return .payload(
            base, offset: reader.number(NFTNL_EXPR_PAYLOAD_OFFSET), length: reader.number(NFTNL_EXPR_PAYLOAD_LEN),
            to: register)
    }

    private static func meta(_ reader: ExpressionReader) -> Expression? {
        guard let key = MetaKey(rawValue: reader.number(NFTNL_EXPR_META_KEY)) else { return nil }
        if let source = reader.register(NFTNL_EXPR_META_SREG) { return .setMeta(key, from: source) }
        return reader.register(NFTNL_EXPR_META_DREG).map { .loadMeta(key, to: $0) }
    }

    private static func compare(_ reader: ExpressionReader) -> Expression? {
        guard let register = reader.register(NFTNL_EXPR_CMP_SREG),
            let comparison = Comparison(rawValue: reader.number(NFTNL_EXPR_CMP_OP))
        else { return nil }
        return .compare(register, comparison, reader.bytes(NFTNL_EXPR_CMP_DATA))
    }

    private static func bitwise(_ reader: ExpressionReader) -> Expression? {
        let mask = reader.bytes(NFTNL_EXPR_BITWISE_MASK)
        guard reader.number(NFTNL_EXPR_BITWISE_OP) == ExpressionNumber.bitwiseBoolean,
            let register = reader.register(NFTNL_EXPR_BITWISE_DREG),
            reader.register(NFTNL_EXPR_BITWISE_SREG) == register,
            reader.number(NFTNL_EXPR_BITWISE_LEN) == UInt32(mask.count)
        else { return nil }
        return .bitwise(register, mask: mask, xor: reader.bytes(NFTNL_EXPR_BITWISE_XOR))
    }

    private static func byteOrder(_ reader: ExpressionReader) -> Expression? {
        guard reader.number(NFTNL_EXPR_BYTEORDER_OP) == UInt32(NFT_BYTEORDER_HTON.rawValue),
            let register = reader.register(NFTNL_EXPR_BYTEORDER_DREG),
            reader.register(NFTNL_EXPR_BYTEORDER_SREG) == register
        else { return nil }
        return .toNetworkOrder(
            register, length: reader.number(NFTNL_EXPR_BYTEORDER_LEN), size: reader.number(NFTNL_EXPR_BYTEORDER_SIZE))
    }

    private static func lookup(_ reader: ExpressionReader) -> Expression? {
        guard let key = reader.register(NFTNL_EXPR_LOOKUP_SREG) else { return nil }
        let set = reader.string(NFTNL_EXPR_LOOKUP_SET)
        let isInverted = reader.number(NFTNL_EXPR_LOOKUP_FLAGS) & UInt32(NFT_LOOKUP_F_INV.rawValue) != 0
        guard reader.has(NFTNL_EXPR_LOOKUP_DREG) else {
            return .lookup(set: set, key: key, isInverted ? .absence : .membership)
        }
        if isInverted { return nil }
        if let data = reader.register(NFTNL_EXPR_LOOKUP_DREG) { return .lookup(set: set, key: key, .data(data)) }
        return .lookup(set: set, key: key, .verdict)
    }

    private static func dynamic(_ reader: ExpressionReader) -> Expression? {
        guard reader.number(NFTNL_EXPR_DYNSET_FLAGS) == 0, !reader.has(NFTNL_EXPR_DYNSET_EXPR),
            !reader.has(NFTNL_EXPR_DYNSET_EXPRESSIONS), let key = reader.register(NFTNL_EXPR_DYNSET_SREG_KEY)
        else { return nil }
        let set = reader.string(NFTNL_EXPR_DYNSET_SET_NAME)
        let data = reader.register(NFTNL_EXPR_DYNSET_SREG_DATA)
        let milliseconds = reader.longNumber(NFTNL_EXPR_DYNSET_TIMEOUT)
        switch reader.number(NFTNL_EXPR_DYNSET_OP) {
        case UInt32(NFT_DYNSET_OP_UPDATE.rawValue):
            return .remember(in: set, key: key, data: data, milliseconds: milliseconds)
        case UInt32(NFT_DYNSET_OP_DELETE.rawValue) where milliseconds == 0:
            return .forget(in: set, key: key, data: data)
        default: return nil
        }
    }

    private static func random(_ reader: ExpressionReader) -> Expression? {
        guard reader.number(NFTNL_EXPR_NG_TYPE) == UInt32(NFT_NG_RANDOM.rawValue),
            let register = reader.register(NFTNL_EXPR_NG_DREG)
        else { return nil }
        return .random(
            modulus: reader.number(NFTNL_EXPR_NG_MODULUS), offset: reader.number(NFTNL_EXPR_NG_OFFSET), to: register)
    }

    private static func immediate(_ reader: ExpressionReader) -> Expression? {
        if let register = reader.register(NFTNL_EXPR_IMM_DREG) {
            return .immediate(reader.bytes(NFTNL_EXPR_IMM_DATA), to: register)
        }
        let chain = reader.has(NFTNL_EXPR_IMM_CHAIN) ? reader.string(NFTNL_EXPR_IMM_CHAIN) : nil
        return .verdict(Verdict(code: Int32(bitPattern: reader.number(NFTNL_EXPR_IMM_VERDICT)), chain: chain))
    }

    private static func nat(_ reader: ExpressionReader) -> Expression? {
        guard reader.number(NFTNL_EXPR_NAT_TYPE) == UInt32(NFT_NAT_DNAT.rawValue),
            reader.number(NFTNL_EXPR_NAT_FLAGS) == ExpressionNumber.natRange,
            let family = IPFamily(netfilterNumber: reader.number(NFTNL_EXPR_NAT_FAMILY)),
            let address = reader.register(NFTNL_EXPR_NAT_REG_ADDR_MIN),
            reader.register(NFTNL_EXPR_NAT_REG_ADDR_MAX) == address,
            let port = reader.register(NFTNL_EXPR_NAT_REG_PROTO_MIN),
            reader.register(NFTNL_EXPR_NAT_REG_PROTO_MAX) == port
        else { return nil }
        return .dnat(family, address: address, port: port)
    }

    private static func masquerade(_ reader: ExpressionReader) -> Expression? {
        guard reader.number(NFTNL_EXPR_MASQ_FLAGS) == ExpressionNumber.fullyRandom,
            !reader.has(NFTNL_EXPR_MASQ_REG_PROTO_MIN)
        else { return nil }
        return .masquerade
    }

    private static func reject(_ reader: ExpressionReader) -> Expression? {
        let type = reader.number(NFTNL_EXPR_REJECT_TYPE)
        return Rejection(type: type, code: reader.byte(NFTNL_EXPR_REJECT_CODE)).map { .reject($0) }
    }

    private static func conntrack(_ reader: ExpressionReader) -> Expression? {
        guard let register = reader.register(NFTNL_EXPR_CT_DREG) else { return nil }
        let key = reader.number(NFTNL_EXPR_CT_KEY)
        if reader.has(NFTNL_EXPR_CT_DIR) {
            guard reader.byte(NFTNL_EXPR_CT_DIR) == ExpressionNumber.original, let key = OriginalKey(rawValue: key)
            else {
                return nil
            }
            return .loadOriginal(key, to: register)
        }
        switch key {
        case UInt32(NFT_CT_STATUS.rawValue): return .loadConntrackStatus(to: register)
        case UInt32(NFT_CT_STATE.rawValue): return .loadConntrackState(to: register)
        default: return nil
        }
    }

    private static func routing(_ reader: ExpressionReader) -> Expression? {
        guard reader.number(NFTNL_EXPR_FIB_RESULT) == UInt32(NFT_FIB_RESULT_ADDRTYPE.rawValue),
            let address = Address(rawValue: reader.number(NFTNL_EXPR_FIB_FLAGS))
        else { return nil }
        return reader.register(NFTNL_EXPR_FIB_DREG).map { .loadAddressType(address, to: $0) }
    }
}
